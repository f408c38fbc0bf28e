from offhook.doctor.finding import failed
from offhook.doctor.privacy import clean, clean_finding, masked


def test_numbers_are_masked_and_secrets_cut_out() -> None:
    assert masked("+14155550100") == "+1415…00"
    assert clean("call +14155550100 with abcdef123", ["abcdef123"]) == "call +1415…00 with […]"


def test_the_longer_secret_goes_first() -> None:
    assert clean("secret-and-more", ["secret", "secret-and-more"]) == "[…]"


def test_every_part_of_a_finding_is_cleaned() -> None:
    finding = clean_finding(failed("my-token", "is my-token", "not my-token"), ["my-token"])
    assert "my-token" not in repr(finding)
