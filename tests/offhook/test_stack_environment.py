import os

from offhook.stack.environment import Settings, local, of_part

SETTINGS = Settings(
    public_url="http://127.0.0.1:8001",
    stream_url="ws://127.0.0.1:8002",
    table="calls",
    stream_secret="stream secret",
    agents="/agents",
    account_sid="AC1",
    auth_token="auth token",
    twilio_base_url="http://127.0.0.1:8003",
    aws_endpoint_url="http://127.0.0.1:8004",
    api_key="api key",
    from_number="+14155550100",
)
INHERITED = {
    "PATH": "/usr/bin",
    "HTTPS_PROXY": "http://proxy:3128",
    "NO_PROXY": "example.com",
    "AWS_PROFILE": "production",
    "AWS_SECRET_ACCESS_KEY": "of an account",
    "AWS_ENDPOINT_URL_DYNAMODB": "http://elsewhere",
    "TWILIO_AUTH_TOKEN": "of an account",
    "OFFHOOK_MAX_CALLS": "1",
    "PORT": "80",
}


def test_a_child_never_sees_an_account() -> None:
    assert local(INHERITED) == {
        "PATH": "/usr/bin",
        "HTTPS_PROXY": "http://proxy:3128",
        "PORT": "80",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_a_part_finds_its_settings() -> None:
    environment = of_part(INHERITED, SETTINGS, 8005, {})
    assert {name: value for name, value in environment.items() if name not in local(INHERITED)} == {
        "OFFHOOK_PUBLIC_URL": "http://127.0.0.1:8001",
        "OFFHOOK_STREAM_URL": "ws://127.0.0.1:8002",
        "OFFHOOK_TABLE": "calls",
        "OFFHOOK_STREAM_SECRET": "stream secret",
        "OFFHOOK_AGENTS": "/agents",
        "OFFHOOK_API_KEYS": "api key",
        "OFFHOOK_FROM_NUMBER": "+14155550100",
        "OFFHOOK_BIND": "127.0.0.1",
        "OFFHOOK_DRAIN_S": "3",
        "OFFHOOK_AFTER_CALL_S": "1",
        "OFFHOOK_MAX_LAG_MS": "1000",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "auth token",
        "TWILIO_BASE_URL": "http://127.0.0.1:8003",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:8004",
    }
    assert environment["PORT"] == "8005"


def test_what_is_extra_has_the_last_word() -> None:
    environment = of_part({}, SETTINGS, 8005, {"OFFHOOK_STREAM_URL": "ws://127.0.0.1:1", "STAND_IN": "late"})
    assert (environment["OFFHOOK_STREAM_URL"], environment["STAND_IN"]) == ("ws://127.0.0.1:1", "late")
