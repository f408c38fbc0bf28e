"""`python -m tests.infra.streamer_in_image`: the streamer as its container runs it, with this process's environment.

Read-only, as nobody, without capabilities, as infra/streamer.yaml has it; on this machine's network, so that a box and
a table on loopback can be had. podman hands signals on. OFFHOOK_IMAGE names the image.
"""

import os

from offhook.stack.stack import TABLE

OF_AN_ENGINE_WITHOUT_SYSTEMD = ("--runtime", "runc", "--cgroup-manager", "cgroupfs")
OURS = ("OFFHOOK_", "TWILIO_", "AWS_", "OPENAI_", "DEEPGRAM_", "ELEVENLABS_")
HERE = {"OFFHOOK_AGENTS", "OFFHOOK_PHRASES", "OFFHOOK_IMAGE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}


def command(environment: dict[str, str]) -> list[str]:
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
    os.execvp("podman", command(dict(os.environ)))
