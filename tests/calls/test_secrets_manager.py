"""Reading a secret over HTTP, from a Secrets Manager of this machine that says what a test wants it to."""

import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import CredentialRetrievalError

from calls.errors import ConfigurationInvalid, SecretsUnavailable
from calls.secret_versions import SecretRead
from calls.secrets_manager import SecretsManager, asking

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:offhook/test"
LAMBDAS = {
    "AWS_ACCESS_KEY_ID": "key-id",
    "AWS_SECRET_ACCESS_KEY": "secret-key",
    "AWS_SESSION_TOKEN": "session-token",
    "AWS_REGION": "eu-central-1",
}
CHANGED_S, GRACE_S = 1_800_000_000.0, 900.0
CURRENT = {"SecretString": '{"TOKEN": "new"}', "CreatedDate": CHANGED_S, "Name": "offhook/test"}
BEFORE = {"SecretString": '{"TOKEN": "old"}', "CreatedDate": 1_700_000_000.0}
GONE = (400, {"__type": "ResourceNotFoundException", "Message": "no such version"})
THROTTLED = (400, {"__type": "com.amazonaws#ThrottlingException", "message": "Rate exceeded"})


class Served:
    """`answers` by stage, in order, the last for good; `asked` keeps (body, headers)."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, Any]]] = {"AWSCURRENT": [(200, CURRENT)], "AWSPREVIOUS": [GONE]}
        self.asked: list[tuple[dict[str, str], dict[str, str]]] = []
        self.url = ""

    def reader(self, now_s: float) -> SecretsManager:
        return SecretsManager(ARN, asking(LAMBDAS, self.url), GRACE_S, lambda: now_s)

    @property
    def stages(self) -> list[str]:
        return [body["VersionStage"] for body, _ in self.asked]


@pytest.fixture
def served() -> Iterator[Served]:
    told = Served()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            told.asked.append((body, {name.lower(): value for name, value in self.headers.items()}))
            waiting = told.answers[body["VersionStage"]]
            status, answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            sent = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield told
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_secret_that_has_stood_for_long_is_one_request(served: Served) -> None:
    assert served.reader(CHANGED_S + GRACE_S).look(True) == SecretRead({"TOKEN": "new"}, CHANGED_S)
    ((body, headers),) = served.asked
    assert body == {"SecretId": "offhook/test", "VersionStage": "AWSCURRENT"}
    assert headers["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert "Credential=key-id/" in headers["authorization"]
    assert "/eu-central-1/secretsmanager/aws4_request" in headers["authorization"]
    assert headers["x-amz-security-token"] == "session-token"


def test_one_that_was_changed_a_moment_ago_is_two(served: Served) -> None:
    served.answers["AWSPREVIOUS"] = [(200, BEFORE)]
    assert served.reader(CHANGED_S + 1).look(False) == SecretRead({"TOKEN": "new"}, CHANGED_S, {"TOKEN": "old"})
    assert served.stages == ["AWSCURRENT", "AWSPREVIOUS"]


@pytest.mark.parametrize("before", [GONE, THROTTLED, (200, {"SecretString": "no object"})])
def test_the_current_version_waits_for_none_before_it(served: Served, before: tuple[int, Any]) -> None:
    served.answers["AWSPREVIOUS"] = [before]
    assert served.reader(CHANGED_S + 1).look(False) == SecretRead({"TOKEN": "new"}, CHANGED_S)


@pytest.mark.parametrize("failure", [THROTTLED, (500, b"<html>"), (200, b"no json"), (503, {})])
def test_where_nothing_is_known_it_is_tried_twice(served: Served, failure: tuple[int, Any]) -> None:
    served.answers["AWSCURRENT"] = [failure, (200, CURRENT)]
    assert served.reader(CHANGED_S + GRACE_S).look(True).values == {"TOKEN": "new"}
    assert served.stages == ["AWSCURRENT"] * 2


def test_where_something_is_known_it_is_tried_once(served: Served) -> None:
    served.answers["AWSCURRENT"] = [THROTTLED]
    with pytest.raises(SecretsUnavailable) as away:
        served.reader(CHANGED_S).look(False)
    assert (away.value.failure.code, away.value.failure.retryable) == ("secrets-throttlingexception", True)
    assert served.stages == ["AWSCURRENT"]


@pytest.mark.parametrize("kind", ["AccessDeniedException", "ResourceNotFoundException", "ExpiredTokenException"])
def test_a_refusal_is_not_tried_again(served: Served, kind: str) -> None:
    served.answers["AWSCURRENT"] = [(400, {"__type": kind, "Message": "User arn:aws:... is not authorized"})]
    with pytest.raises(SecretsUnavailable, match=kind) as refused:
        served.reader(CHANGED_S).look(True)
    assert "arn:aws:" not in refused.value.failure.sentence
    assert served.stages == ["AWSCURRENT"]


def test_a_secret_that_is_no_object_is_said_to_be_none(served: Served) -> None:
    served.answers["AWSCURRENT"] = [(200, {"SecretString": "the-token-itself", "CreatedDate": 0})]
    with pytest.raises(ConfigurationInvalid, match="JSON object"):
        served.reader(CHANGED_S).look(True)


def test_nobody_there_is_said_in_one_sentence() -> None:
    reader = SecretsManager(ARN, asking(LAMBDAS, "http://127.0.0.1:1"), GRACE_S, lambda: CHANGED_S)
    with pytest.raises(SecretsUnavailable, match="could not be asked") as away:
        reader.look(True)
    assert (away.value.failure.code, away.value.failure.retryable) == ("secrets-unavailable", True)


@pytest.mark.parametrize("secret", ["offhook/test", "arn:aws:s3:::bucket", ARN.removesuffix("offhook/test")])
def test_what_is_no_arn_of_a_secret_is_refused(secret: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="OFFHOOK_SECRET"):
        SecretsManager(secret, asking(LAMBDAS), GRACE_S, lambda: 0.0)


def test_a_client_of_botocores_tells_the_same(served: Served) -> None:
    """As a task in ECS has it, whose environment holds no key."""
    served.answers["AWSPREVIOUS"] = [(200, BEFORE)]
    reader = SecretsManager(ARN, asking({}, served.url), GRACE_S, lambda: CHANGED_S + 1)
    assert reader.look(True) == SecretRead({"TOKEN": "new"}, CHANGED_S, {"TOKEN": "old"})
    served.answers["AWSCURRENT"] = [THROTTLED]
    with pytest.raises(SecretsUnavailable) as away:
        reader.look(False)
    assert away.value.failure.code == "secrets-throttlingexception"
    assert served.stages == ["AWSCURRENT", "AWSPREVIOUS", "AWSCURRENT"]


def test_credentials_that_cannot_be_fetched_now_may_be_there_at_the_next_look() -> None:
    def ask(operation: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        raise CredentialRetrievalError(provider="container-role", error_msg="timed out")

    with pytest.raises(SecretsUnavailable, match="CredentialRetrievalError") as away:
        SecretsManager(ARN, ask, GRACE_S, lambda: 0.0).look(False)
    assert away.value.failure.retryable


def test_who_cannot_be_made_to_ask_says_so_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(SecretsUnavailable, match=r"\(ProfileNotFound\)\. Look at AWS_PROFILE"):
        asking({})


def test_where_settings_name_another_endpoint_a_client_asks_that(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {**LAMBDAS, "AWS_ENDPOINT_URL_SECRETS_MANAGER": served.url}
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    reader = SecretsManager(ARN, asking(elsewhere), GRACE_S, lambda: CHANGED_S + GRACE_S)
    assert reader.look(True).values == {"TOKEN": "new"}
