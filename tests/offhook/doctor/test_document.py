import pytest

from offhook.doctor.document import judge
from offhook.doctor.finding import State

PUBLIC, STREAM = "https://calls.example.com", "wss://stream.example.com"
GOOD = (
    f'<Response><Connect action="{PUBLIC}/twilio/resume/1"><Stream url="{STREAM}/stream" '
    f'statusCallback="{PUBLIC}/twilio/stream-status"><Parameter name="callId" value="01K"/>'
    f'<Parameter name="token" value="v1.a.b"/></Stream></Connect>'
    f"<Redirect>{PUBLIC}/twilio/resume/1</Redirect></Response>"
)


def test_our_own_document_passes() -> None:
    assert judge(GOOD, "text/xml", PUBLIC, STREAM).state is State.PASS


@pytest.mark.parametrize(
    ("text", "content_type", "saw"),
    [
        (GOOD, "text/plain", "instead of text/xml (12300)"),
        ("<Response>", "text/xml", "(12100)"),
        ("<Response><Dance/></Response>", "text/xml", "Dance"),
        (GOOD.replace("wss://", "ws://"), "text/xml", "(31922)"),
        (GOOD.replace('/stream"', '/stream?a=b"'), "text/xml", "(31920)"),
        (GOOD.replace("wss://stream", "wss://old"), "text/xml", "streams to wss://old.example.com/stream"),
        (GOOD.replace("https://calls", "https://old"), "text/xml", "back to another host, old.example.com"),
        (GOOD.replace("token", "ticket"), "text/xml", "no callId and token"),
        (GOOD.partition("<Redirect>")[0] + "</Response>", "text/xml", "Nothing follows the stream"),
        ("<Response><Say>I am sorry.</Say><Hangup/></Response>", "text/xml", "hear an apology"),
    ],
)
def test_documents_that_lose_a_call(text: str, content_type: str, saw: str) -> None:
    finding = judge(text, content_type, PUBLIC, STREAM)
    assert finding.state is State.FAIL
    assert saw in finding.saw
    assert finding.remedy


def test_traditional_mode_is_right_without_a_streamer_and_odd_with_one() -> None:
    text = f'<Response><Gather action="{PUBLIC}/twilio/turn/1"><Say>Hi</Say></Gather></Response>'
    assert judge(text, "text/xml", PUBLIC, "").state is State.PASS
    assert judge(text, "text/xml", PUBLIC, STREAM).state is State.WARN
