"""`python -m tests.infra.streamer_in_image`: the streamer as its task runs it, with this process's environment.

Read-only, as nobody, without capabilities, as infra/streamer.yaml has it; on this machine's network, so that a box and
an AWS on loopback can be had. What is secret is put into that AWS's Secrets Manager, and the container is told the
secret's name and where ECS gives credentials (`ecs_credentials`). podman hands signals on. OFFHOOK_IMAGE names the
image.
"""

import json
import os
import time
import urllib.request
from collections.abc import Mapping

from offhook.stack.ministack import READY_WITHIN_S
from offhook.stack.stack import TABLE
from streamer.settings import SECRETS
from tests.infra.deployed import client

OF_AN_ENGINE_WITHOUT_SYSTEMD = ("--runtime", "runc", "--cgroup-manager", "cgroupfs")
OURS = ("OFFHOOK_", "TWILIO_", "AWS_", "OPENAI_", "DEEPGRAM_", "ELEVENLABS_")
HERE = {"OFFHOOK_AGENTS", "OFFHOOK_PHRASES", "OFFHOOK_IMAGE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}
NOT_IN_ECS = {*SECRETS, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"}
"""Without AWS_ENDPOINT_URL, each service's own stands in for AWS: nothing else is then taken for a local engine."""
NAME = "offhook/streamer-in-image"


def as_in_ecs(environment: Mapping[str, str]) -> dict[str, str]:
    """What a task finds: no key and no secret, but where they are."""
    aws = environment["AWS_ENDPOINT_URL"]
    return {
        **{name: value for name, value in environment.items() if name not in NOT_IN_ECS},
        "OFFHOOK_SECRET": f"arn:aws:secretsmanager:{environment['AWS_REGION']}:000000000000:secret:{NAME}",
        "AWS_ENDPOINT_URL_DYNAMODB": aws,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": aws,
    }


def keep_secrets(environment: Mapping[str, str]) -> None:
    """As soon as the AWS of this machine is there, which is started beside this."""
    aws = environment["AWS_ENDPOINT_URL"]
    by_s = time.monotonic() + READY_WITHIN_S
    while not _is_there(f"{aws}/_ministack/health"):
        if time.monotonic() > by_s:
            raise TimeoutError(f"There is no AWS at {aws}.")
        time.sleep(0.05)
    held = {name: environment[name] for name in SECRETS if name in environment}
    client(aws, "secretsmanager").create_secret(Name=NAME, SecretString=json.dumps(held))


def _is_there(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def command(environment: Mapping[str, str]) -> list[str]:
    """What is run: the agents' folder is mounted, everything else is in the image."""
    told = [name for name in environment if name.startswith(OURS) and name not in HERE]
    agents = environment["OFFHOOK_AGENTS"]
    return [
        "podman",
        *OF_AN_ENGINE_WITHOUT_SYSTEMD,
        "run",
        "--rm",
        "--name",
        f"offhook-{TABLE}-{environment['PORT']}",
        "--no-healthcheck",  # podman has systemd run it; it is asked by hand
        "--network=host",
        "--read-only",
        "--read-only-tmpfs=false",
        "--tmpfs=/tmp",
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        "--ulimit=nofile=4096:4096",
        "--ulimit=nproc=4000:4000",
        "--memory=2g",
        "--volume",
        f"{agents}:/agents:ro",
        "--env=OFFHOOK_AGENTS=/agents",
        "--env=OFFHOOK_PHRASES=/tmp/offhook-phrases",
        f"--env=PORT={environment['PORT']}",
        *(f"--env={name}" for name in told),
        environment["OFFHOOK_IMAGE"],
    ]


if __name__ == "__main__":
    keep_secrets(os.environ)
    environment = as_in_ecs(os.environ)
    os.execvpe("podman", command(environment), environment)
