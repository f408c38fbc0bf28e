"""Twilio's auth token rotated under functions that were deployed once: the built webhook, under Lambda's own emulator,
with the settings of the deployed stack and its secret in ministack."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from tests.infra import emulator
from tests.infra.conftest import PARAMETERS, SECRETS, TOKEN
from tests.infra.deployed import Deployed, client
from tests.infra.emulator import Environment, Function

pytestmark = pytest.mark.sam

NEW = "r" * 32
GRACE_S = 6
PATH = "/twilio/voice"


class Webhook:
    """The voice webhook's environments: the one that was there before, and those that start later."""

    def __init__(self, function: Function, built: Path, python: str, folder: Path) -> None:
        self._made = (built / "VoiceFunction", python, folder / "voice.log")
        self._function = function
        self._environments = [self.started()]

    def started(self) -> Environment:
        return Environment(self._function, *self._made)

    def starts_another(self) -> None:
        self._environments.append(self.started())

    def answers(self, token: str) -> list[int]:
        """What each environment answers to a new call's webhook that is signed with `token`."""
        return [int(one.invoke(self._signed(token))["statusCode"]) for one in self._environments]

    def close(self) -> None:
        for environment in self._environments:
            environment.close()

    def _signed(self, token: str) -> dict[str, object]:
        form = {"CallSid": f"CA{uuid.uuid4().hex}", "From": "+14155550123", "To": "+15005550006"}
        url = f"{self._function.environment['OFFHOOK_PUBLIC_URL']}{PATH}"
        signature = RequestValidator(token).compute_signature(url, form)
        return {
            "version": "2.0",
            "rawPath": PATH,
            "headers": {"x-twilio-signature": signature},
            "requestContext": {"http": {"method": "POST", "path": PATH}},
            "body": urlencode(form),
        }


@pytest.fixture
def webhook(aws: str, stack: Deployed, built: Path, lambda_python: str, tmp_path: Path) -> Iterator[Webhook]:
    if not (emulator.RUNTIME / ".ready").exists() or emulator.rie() is None:
        pytest.skip("Lambda's runtime or its emulator is not here: `make test` downloads them")
    voice = stack.functions["VoiceFunction"]
    # As deployed but for AWS's address, and times that a test can wait for.
    here = {"AWS_ENDPOINT_URL": aws, "OFFHOOK_SECRETS_GRACE_S": str(GRACE_S)}
    here |= {"OFFHOOK_SECRETS_S": "1", "OFFHOOK_STREAM_URL": ""}
    running = Webhook(replace(voice, environment={**voice.environment, **here}), built, lambda_python, tmp_path)
    yield running
    running.close()


@pytest.fixture
def rotated(aws: str) -> Iterator[None]:
    """Puts the secret back in the end: others call through the same stack."""
    yield
    client(aws, "secretsmanager").put_secret_value(SecretId=PARAMETERS["SecretName"], SecretString=json.dumps(SECRETS))


@pytest.mark.usefixtures("rotated")
def test_a_rotated_token_is_taken_up_without_a_deploy_and_the_old_one_is_refused_after_the_grace(
    aws: str, webhook: Webhook
) -> None:
    assert webhook.answers(TOKEN) == [200]
    client(aws, "secretsmanager").put_secret_value(
        SecretId=PARAMETERS["SecretName"], SecretString=json.dumps({**SECRETS, "TWILIO_AUTH_TOKEN": NEW})
    )
    ends_s = time.monotonic() + GRACE_S
    assert webhook.answers(NEW) == [200], "looked up at once"
    webhook.starts_another()
    assert webhook.answers(TOKEN) == [200, 200], "signed a moment before, also for one that never knew it"
    assert webhook.answers(NEW) == [200, 200]
    time.sleep(max(0.0, ends_s + 1 - time.monotonic()))
    assert webhook.answers(TOKEN) == [403, 403]
    assert webhook.answers(NEW) == [200, 200]
