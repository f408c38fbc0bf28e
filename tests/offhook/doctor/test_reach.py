import pytest

from offhook.doctor.finding import State
from offhook.doctor.reach import Reached, Trouble, judge

DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("seen", "saw", "remedy"),
    [
        (Reached("a.example", 443, Trouble.NAME), "not known to DNS", "dig a.example"),
        (Reached("a.example", 443, Trouble.REFUSED), "Port 443 of a.example is closed", "Start the streamer"),
        (Reached("a.example", 443, Trouble.TIMEOUT), "did not answer within 5 s", "Allow TCP 443 from anywhere"),
        (Reached("a.example", 443, Trouble.UNREACHABLE, detail="no route"), "(no route)", "DNS record's address"),
        (Reached("a.example", 80, Trouble.NOT_TLS), "does not speak TLS", "Terminate TLS on port 80"),
        (Reached("a.example", 443, Trouble.CERTIFICATE, verify_code=18), "is self-signed", "a public authority"),
        (Reached("a.example", 443, Trouble.CERTIFICATE, verify_code=20), "to a public root", "fullchain.pem"),
        (Reached("a.example", 443, Trouble.CERTIFICATE, verify_code=10), "time of validity", "Renew it"),
        (Reached("a.example", 443, Trouble.CERTIFICATE, verify_code=62), "for another name", "use its name"),
        (Reached("a.example", 443, Trouble.CERTIFICATE, verify_code=99, detail="odd"), "refused: odd", "authority"),
    ],
)
def test_what_keeps_twilio_out(seen: Reached, saw: str, remedy: str) -> None:
    finding = judge(seen, "the streamer", 0.0)
    assert finding.state is State.FAIL
    assert saw in finding.saw
    assert remedy in finding.remedy
    assert finding.cause


def test_a_certificate_that_expires_soon_is_warned_of() -> None:
    seen = Reached("a.example", 443, Trouble.NONE, 12, expires_s=13 * DAY_S, issuer="Amazon")
    assert judge(seen, "the streamer", 0.0).state is State.WARN
    good = judge(Reached("a.example", 443, Trouble.NONE, 12, expires_s=90 * DAY_S, issuer="Amazon"), "it", 0.0)
    assert (good.state, good.saw) == (
        State.PASS,
        "a.example:443 answers in 12 ms; certificate by Amazon, good for 90 days",
    )
