import json
from dataclasses import replace

from calls.call_cost import call_cost
from calls.errors import Blame, Failure
from calls.faults import EVENTS_UNKNOWN
from calls.post_mortem import blame_in_words, post_mortem, to_plain
from calls.rate_card import standard
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, RECORD

COST = call_cost(RECORD, CONVERSATION, (), standard(), ANSWERED_MS)
TOLD = post_mortem(RECORD, CONVERSATION, COST, [(31921, "Stream - Connection - Closed 1000"), (31904, "raw"), (1, "x")])


def test_the_headline_is_the_likeliest_cause_and_what_to_do() -> None:
    assert TOLD.headline == (
        "The call fell from pipeline to traditional mode: the stream broke off. "
        "Look at the streamer's log of this call, by its callId."
    )
    assert TOLD.is_fault
    assert blame_in_words(TOLD.causes[0]) == "Offhook"


def test_alerts_are_in_plain_words_and_routine_ones_left_out() -> None:
    assert TOLD.alerts == ("31904: The streamer could not be reached for the audio stream.", "1: x")


def test_it_is_told_to_programs_without_a_number() -> None:
    plain = to_plain(TOLD)
    text = json.dumps(plain)
    assert json.loads(text) == plain
    assert RECORD.to_number not in text
    assert RECORD.from_number not in text
    assert plain["zeroAtMs"] == ANSWERED_MS
    assert plain["events"][0] == {
        "atMs": -4000,
        "kind": "call",
        "sentence": "We placed the call.",
        "isBad": False,
        "turn": None,
    }
    assert plain["turns"][2]["latencyMs"]["total"] == 800
    assert plain["failures"] == [
        {
            "code": "stream-lost",
            "blame": "offhook",
            "sentence": "The stream broke off.",
            "whatToDo": "Look at the streamer's log of this call, by its callId.",
        }
    ]
    assert plain["cost"]["usd"] == "0.018400"
    assert plain["causes"][0]["code"] == "stream-lost"


def test_a_cost_may_be_unknown_or_plain_already() -> None:
    assert to_plain(post_mortem(RECORD, CONVERSATION))["cost"] is None
    assert TOLD.cost is not None
    assert post_mortem(RECORD, CONVERSATION, TOLD.cost).cost == TOLD.cost


def test_a_trace_of_another_failure_asks_for_nothing_of_its_own() -> None:
    closed = Failure("twilio-31921", Blame.OFFHOOK, "The streamer closed the stream.")
    told = post_mortem(replace(RECORD, failures=(closed, *RECORD.failures)), CONVERSATION)
    assert told.failures[0].what_to_do == "Nothing of its own: it came of the other failures."
    assert "streamer's log" in told.failures[1].what_to_do


def test_what_did_nothing_to_the_call_is_shown_and_is_no_fault() -> None:
    noted = Failure(EVENTS_UNKNOWN, Blame.OFFHOOK, "acme sent 2 events: mood (2).")
    whole = replace(RECORD, failures=(), modes=RECORD.modes[:1])
    told = post_mortem(replace(whole, failures=(noted,)), CONVERSATION)
    assert (told.is_fault, told.causes) == (False, post_mortem(whole, CONVERSATION).causes)
    assert [(one.sentence, one.what_to_do.startswith("Nothing for this call")) for one in told.failures] == [
        (noted.sentence, True)
    ]
