"""What is found of a person's calls, deleted, and left to others."""

import json
import os
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from calls.dynamo import DynamoCallStore, create_table
from calls.dynamo_items import party_of
from calls.record import CallRecord, Status
from offhook.cli import app
from offhook.kept import expired, forgotten
from offhook.stack.environment import LOCAL_KEY, REGION
from tests.offhook.calls_made import GREETING, RECORD

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW_MS = time.time_ns() // 1_000_000
NUMBER = RECORD.to_number
OLD = replace(RECORD, version=0, created_at_ms=NOW_MS - 3_600_000, ended_at_ms=NOW_MS - 3_000_000)


class House:
    def __init__(self, endpoint: str, client: "DynamoDBClient", out: Path) -> None:
        self.table, self.out = f"calls-{uuid.uuid4().hex}", out
        self.endpoint = endpoint
        self.audio = out.parent / "voices"
        self.audio.mkdir()
        create_table(client, self.table)
        self.store = DynamoCallStore(client, self.table, lambda: NOW_MS)

    def keep(self, record: CallRecord) -> None:
        self.store.create(record)
        self.store.append_turn(record.call_id, GREETING)
        folder = self.out / record.call_id
        folder.mkdir()
        (folder / "call.wav").write_bytes(b"RIFF")
        (self.audio / f"{record.call_id}-MZ1.wav").write_bytes(b"RIFF")

    def asked(self, *arguments: str, answer: str = "") -> tuple[int, str]:
        settings: dict[str, str | None] = {
            "OFFHOOK_TABLE": self.table,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": LOCAL_KEY,
            "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
            "COLUMNS": "200",
            "OFFHOOK_CALLER_AUDIO": str(self.audio),
        }
        return asked(self.out, *arguments, settings=settings, answer=answer)


def asked(out: Path, *arguments: str, settings: dict[str, str | None], answer: str = "") -> tuple[int, str]:
    shown = CliRunner().invoke(app, ["forget", *arguments, "--out", str(out)], env=settings, input=answer)
    if shown.exception and not isinstance(shown.exception, SystemExit):
        return 1, str(shown.exception)
    return shown.exit_code, shown.output


@pytest.fixture
def house(dynamo_endpoint: str, dynamo_client: "DynamoDBClient", tmp_path: Path) -> House:
    (tmp_path / "out").mkdir()
    return House(dynamo_endpoint, dynamo_client, tmp_path / "out")


def test_the_calls_of_a_number_are_shown_and_forgotten_when_it_is_said_so(house: House) -> None:
    other = replace(OLD, call_id="01KABCDEFGHJKMNPQRSTVWXYZ1", twilio_sid="CA2", to_number="+15551230199")
    house.keep(OLD)
    house.keep(other)
    status, output = house.asked("+1 (555) 123-0101", answer="y\n")
    assert status == 0, output
    assert f"{OLD.call_id}  " in output
    assert "table: record 1, turns 1; files: " in output
    assert "Deleted: 1 call. Not in reach from here:" in output
    assert OLD.twilio_sid in output
    assert "CloudWatch" in output
    assert "was not asked" not in output
    assert (house.store.by_call_id(OLD.call_id), house.store.by_sid(OLD.twilio_sid)) == (None, None)
    assert house.store.conversation(OLD.call_id).turns == ()
    assert [path.name for path in house.out.iterdir()] == [other.call_id]
    assert [path.name for path in house.audio.iterdir()] == [f"{other.call_id}-MZ1.wav"]
    assert house.store.by_sid("CA2") == other
    assert house.asked("+15551230101") == (0, "Nothing is kept of such a call.\n")


def test_nothing_is_deleted_where_the_answer_is_no(house: House) -> None:
    house.keep(OLD)
    status, output = house.asked(NUMBER, answer="n\n")
    assert (status, output.splitlines()[-1]) == (1, "Nothing was deleted.")
    assert house.store.by_call_id(OLD.call_id) == OLD
    assert (house.out / OLD.call_id / "call.wav").exists()


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (replace(OLD, status=Status.IN_PROGRESS, ended_at_ms=None), "it is still going on"),
        (replace(OLD, ended_at_ms=NOW_MS + 3_600_000), "it has only just ended"),
    ],
)
def test_a_call_that_something_is_still_written_to_stays(house: House, record: CallRecord, why: str) -> None:
    house.keep(record)
    status, output = house.asked(NUMBER, "--yes")
    assert status == 1
    assert f"Stays: {why}" in output
    assert house.store.by_call_id(record.call_id) == record


def test_one_call_is_forgotten_by_its_name_also_where_only_files_are_left(house: House) -> None:
    house.keep(OLD)
    assert house.asked(OLD.twilio_sid, "--yes")[0] == 0
    assert house.store.by_call_id(OLD.call_id) is None
    (house.out / "01LEFT").mkdir()
    assert house.asked("01LEFT", "--yes")[0] == 0
    assert list(house.out.iterdir()) == []
    assert house.asked("01LEFT")[1] == "Nothing is kept of such a call.\n"


def kept_alone(out: Path, audio: Path, call: dict[str, str]) -> None:
    """What `offhook up` has left of a call, and is no longer running."""
    (out / call["callId"]).mkdir(parents=True)
    (out / call["callId"] / "call.json").write_text(json.dumps(call), encoding="utf-8")
    audio.mkdir(exist_ok=True)
    (audio / f"{call['callId']}-MZ1.wav").write_bytes(b"RIFF")


@pytest.mark.parametrize("whom", ["+1 (555) 123-0101", "01AONE", "CA1"])
def test_without_a_table_what_this_machine_keeps_is_forgotten_and_the_rest_is_said(tmp_path: Path, whom: str) -> None:
    out, audio = tmp_path / "out", tmp_path / "voices"
    kept_alone(out, audio, {"callId": "01AONE", "twilioSid": "CA1", "party": party_of("+15551230101")})
    kept_alone(out, audio, {"callId": "01BTWO", "twilioSid": "CA2", "party": party_of("+15551230199")})
    kept_alone(out, audio, {"callId": "01COLD", "twilioSid": "CA3"})
    here: dict[str, str | None] = {"OFFHOOK_TABLE": None, "OFFHOOK_CALLER_AUDIO": str(audio), "COLUMNS": "200"}
    status, output = asked(out, whom, "--yes", settings=here)
    assert status == 0, output
    assert "Only this machine's files were looked at, no table." in output
    assert "start `offhook up` first" in output
    assert "OFFHOOK_TABLE" in output
    assert "Deleted: 1 call." in output
    assert "A deployment's table was not asked" in output
    assert ("1 call in" in output) is whom.startswith("+")
    assert sorted(path.name for path in out.iterdir()) == ["01BTWO", "01COLD"]
    assert sorted(path.name for path in audio.iterdir()) == ["01BTWO-MZ1.wav", "01COLD-MZ1.wav"]
    assert asked(out, whom, "--yes", settings=here)[0] == 1, "whether a table has it was not asked"


def test_a_call_of_an_earlier_house_is_found_by_its_number_beside_the_tables(house: House) -> None:
    house.keep(OLD)
    kept_alone(house.out, house.audio, {"callId": "01EARLIER", "party": party_of(NUMBER)})
    status, output = house.asked(NUMBER, "--yes")
    assert status == 0
    assert "Deleted: 2 calls." in output
    assert list(house.out.iterdir()) == []


@pytest.mark.parametrize("whom", [NUMBER, "01AONE"])
def test_replays_go_with_their_call_and_others_are_named(tmp_path: Path, whom: str) -> None:
    out, replays = tmp_path / "out", tmp_path / "out" / "replays"
    kept_alone(out, tmp_path / "voices", {"callId": "01AONE", "party": party_of(NUMBER)})
    for name, origin in {
        "01RA": {"callId": "01AONE", "party": party_of(NUMBER)},
        "01RB": {"callId": "01BTWO", "party": party_of("+15551230199")},
        "01RC": {},
    }.items():
        (replays / name).mkdir(parents=True)
        (replays / name / "call.json").write_text(json.dumps({"callId": name, "replayOf": origin}), encoding="utf-8")
    status, output = asked(out, whom, "--yes", settings={"OFFHOOK_TABLE": None, "COLUMNS": "200"})
    assert status == 0, output
    assert str(replays / "01RA") in output
    assert f"1 replay in {replays} may be of any call" in output
    assert sorted(os.listdir(replays)) == ["01RB", "01RC"]
    assert os.listdir(out) == ["replays"]


def test_a_replay_is_found_when_its_call_has_gone(tmp_path: Path) -> None:
    folder = tmp_path / "replays" / "01RA"
    folder.mkdir(parents=True)
    origin = {"callId": "01AONE", "party": party_of(NUMBER)}
    (folder / "call.json").write_text(json.dumps({"callId": "01RA", "replayOf": origin}), encoding="utf-8")
    status, output = asked(tmp_path, NUMBER, "--yes", settings={"OFFHOOK_TABLE": None, "COLUMNS": "200"})
    assert (status, folder.exists()) == (0, False), output


def test_what_is_no_number_is_refused(house: House) -> None:
    status, output = house.asked("+1 555")
    assert status == 1
    assert "country code" in output


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "other").mkdir()
    assert forgotten(tmp_path / "out", "../other") is None
    assert (tmp_path / "other").is_dir()


def test_calls_whose_time_has_come_are_known_by_their_file(tmp_path: Path) -> None:
    for name, text in {
        "past": json.dumps({"keepUntil": "2026-11-22T00:00:00.000Z"}),
        "later": json.dumps({"keepUntil": "2026-11-24T00:00:00.000Z"}),
        "ever": json.dumps({"keepUntil": None}),
        "older": "{}",
        "broken": "{",
        "list": "[]",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "call.json").write_text(text, encoding="utf-8")
    os.symlink(tmp_path / "nowhere", tmp_path / "dangling")
    assert expired(tmp_path, datetime(2026, 11, 23, tzinfo=UTC)) == ["past"]
