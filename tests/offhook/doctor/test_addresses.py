from dataclasses import replace

import pytest

from offhook.doctor.addresses import is_private, public_url, stream_url
from offhook.doctor.finding import State
from offhook.doctor.settings import DoctorSettings

GOOD = DoctorSettings("https://calls.example.com", "wss://stream.example.com/offhook")


def test_bases_as_they_should_be() -> None:
    assert public_url(GOOD).state is State.PASS
    assert stream_url(GOOD).state is State.PASS
    assert stream_url(replace(GOOD, stream_url="")).state is State.WARN


@pytest.mark.parametrize(
    ("url", "saw", "remedy"),
    [
        ("", "is not set", "a base like https://"),
        ("calls.example.com", "has no https://", "https://host"),
        ("https://calls.example.com:port", "is not a URL", "https://"),
        ("http://calls.example.com", "http:// instead of https://", "to https://calls.example.com."),
        ("wss://calls.example.com", "wss:// instead of https://", "to https://calls.example.com."),
        ("https://calls.example.com/", "ends with a slash", "to https://calls.example.com."),
        ("https://calls.example.com?a=b", "has a query string", "to https://calls.example.com."),
        ("https://me:pass@calls.example.com", "a user name", "to https://calls.example.com."),
        ("https://calls.example.com/prod/twilio/voice", "holds /twilio already", "to https://calls.example.com/prod."),
        ("https://localhost:3000", "a private network", "a tunnel"),
        ("https://10.0.0.7", "a private network", "public name"),
    ],
)
def test_a_public_url_that_cannot_work(url: str, saw: str, remedy: str) -> None:
    finding = public_url(replace(GOOD, public_url=url))
    assert finding.state is State.FAIL
    assert saw in finding.saw
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("url", "saw", "remedy"),
    [
        ("ws://stream.example.com", "ws:// instead of wss://", "to wss://stream.example.com."),
        ("https://stream.example.com", "https:// instead of wss://", "to wss://stream.example.com."),
        ("wss://stream.example.com/stream", "holds /stream already", "to wss://stream.example.com."),
        ("wss://stream.example.com?call=1", "has a query string", "<Parameter>"),
        ("wss://stream.example.com#x", "has a fragment", "to wss://stream.example.com."),
    ],
)
def test_a_stream_url_that_cannot_work(url: str, saw: str, remedy: str) -> None:
    finding = stream_url(replace(GOOD, stream_url=url))
    assert finding.state is State.FAIL
    assert saw in finding.saw
    assert remedy in finding.remedy


def test_plain_schemes_and_loopback_are_in_order_on_one_machine() -> None:
    local = DoctorSettings(
        "http://127.0.0.1:1", "ws://127.0.0.1:2", twilio_base_url="http://127.0.0.1:3", is_local=True
    )
    assert public_url(local).state is State.PASS
    assert stream_url(local).state is State.PASS
    assert public_url(replace(local, is_local=False)).state is State.FAIL


@pytest.mark.parametrize(("host", "private"), [("127.0.0.1", True), ("box.local", True), ("8.8.8.8", False)])
def test_private_hosts(host: str, private: bool) -> None:
    assert is_private(host) is private
