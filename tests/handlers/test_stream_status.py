import pytest

from calls import streams
from calls.errors import Blame
from calls.record import Mode, Status
from calls.twilio_codes import MEANS
from handlers import stream_status
from tests.handlers.desk import BEGAN_MS, SID, Answer, House, outbound_record

ERROR = {"StreamEvent": "stream-error", "StreamSid": "MZ1"}


def talking() -> House:
    house = House()
    house.store.create(outbound_record(twilio_sid=SID, status=Status.IN_PROGRESS, answered_at_ms=BEGAN_MS))
    return house


def tell(house: House, **fields: str) -> Answer:
    return house.post(stream_status, "/twilio/stream-status", fields)


@pytest.mark.parametrize(
    ("fields", "code", "blame"),
    [
        ({"StreamErrorCode": "31920"}, "twilio-31920", Blame.OFFHOOK),
        ({"StreamErrorCode": "31902"}, "twilio-31902", Blame.OFFHOOK),
        ({"StreamErrorCode": "31904"}, "twilio-31904", Blame.CONFIGURATION),
        ({"StreamError": "31910: TLS handshake with +14155550123"}, "twilio-31910", Blame.CONFIGURATION),
        ({"StreamErrorCode": "31999"}, "twilio-31999", Blame.TWILIO),
        ({"StreamError": "+14155550123 said hello"}, "twilio-stream-error", Blame.TWILIO),
        ({}, "twilio-stream-error", Blame.TWILIO),
    ],
)
def test_an_error_is_kept_once_and_without_twilios_words(fields: dict[str, str], code: str, blame: Blame) -> None:
    house = talking()
    assert tell(house, **ERROR, **fields) == Answer(204, "", "")
    tell(house, **ERROR, **fields)
    (failure,) = house.only_record().failures
    assert (failure.code, failure.blame) == (code, blame)
    assert "hello" not in failure.sentence
    assert "+1415" not in failure.sentence


@pytest.mark.parametrize("code", [code for code in MEANS if 31900 < code < 31999])
def test_every_code_of_streams_that_is_known_has_a_sentence_of_its_own(code: int) -> None:
    house = talking()
    tell(house, **ERROR, StreamErrorCode=str(code))
    (failure,) = house.only_record().failures
    assert failure.blame is not Blame.TWILIO
    assert "Twilio reports" not in failure.sentence


@pytest.mark.parametrize("event", ["stream-started", "stream-stopped", "something-new", ""])
def test_other_news_changes_nothing(event: str) -> None:
    house = talking()
    before = house.only_record()
    assert tell(house, StreamEvent=event).status == 204
    assert house.only_record() == before


def test_an_unknown_call_an_unsigned_request_and_a_store_that_is_down() -> None:
    assert tell(House(), **ERROR).status == 204
    house = talking()
    assert house.post(stream_status, "/twilio/stream-status", ERROR, signed="").status == 403
    assert house.only_record().failures == ()
    house.store.down = True
    assert tell(house, **ERROR).status == 503


def test_a_socket_that_stands_is_kept_once_with_its_stream() -> None:
    house = talking()
    house.store.change(house.only_record().call_id, lambda r: streams.served(r, Mode.PIPELINE, BEGAN_MS))
    for _ in range(2):
        assert house.post(stream_status, "/twilio/stream-status/1", {"StreamEvent": "stream-started"}).status == 204
    (stream,) = house.only_record().streams
    assert stream.opened_at_ms is not None
    stood = house.only_record()
    assert house.post(stream_status, "/twilio/stream-status/2", {"StreamEvent": "stream-started"}).status == 204
    assert house.only_record() == stood


def test_a_path_that_names_no_stream() -> None:
    house = talking()
    stood = house.only_record()
    assert house.post(stream_status, "/twilio/stream-status/x", {"StreamEvent": "stream-started"}).status == 204
    assert house.only_record() == stood
