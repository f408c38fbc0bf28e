"""Built functions under AWS's own Lambda Runtime Interface Emulator, which comes inside the SAM CLI's package.

As in Lambda: an execution environment answers one request at a time and is used again; a request that finds none free
starts another. What an environment is given is the function's own environment, and Lambda's names for itself; nothing
of this process. The emulator falls over where it is asked twice at once, which never happens here.
"""

import json
import os
import platform
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from offhook.stack.environment import LOCAL_KEY, LOOPBACK, REGION
from offhook.stack.processes import free_port
from tests.infra.cloudformation import ROOT

RUNTIME = ROOT / ".cache" / "lambda-runtime"
"""The locked `awslambdaric`, what runs a handler in Lambda's Python."""

_RIE = "lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-"
_RIE_OF = {"x86_64": "x86_64", "aarch64": "arm64"}
_INVOKE = "/2015-03-31/functions/function/invocations"
_UP_WITHIN_S = 20.0
_SLACK_S = 20.0


class FunctionFailed(Exception):
    """The function raised, ended or ran out of time; the text is the emulator's answer."""


@dataclass(frozen=True, slots=True)
class Function:
    """What is deployed under one name. `environment` is the template's, as deployed."""

    name: str
    handler: str
    timeout_s: int
    memory_mb: int
    environment: Mapping[str, str]


def rie() -> Path | None:
    """The emulator for this machine, where SAM is installed."""
    kind = _RIE_OF.get(platform.machine(), "none")
    return next(iter((ROOT / ".venv-sam").glob(f"{_RIE}{kind}")), None)


class Environment:
    """One execution environment, started when it is made. `root` is the built folder, which Lambda has at /var/task;
    `python` a Python of Lambda's version. `packages` may hold more than what is built, after it on the path."""

    def __init__(self, function: Function, root: Path, python: str, log: Path, *packages: Path) -> None:
        emulator = rie()
        assert emulator is not None, "SAM is not installed"
        self._function = function
        runtime = [python, "-S", "-m", "awslambdaric", function.handler]
        self._command = [str(emulator), *runtime]
        self._environment = _lambdas_own(function, root, packages)
        self._log = log
        self.started_s = time.perf_counter()
        self._child, self._port = self._start()

    def _start(self) -> tuple["subprocess.Popen[bytes]", int]:
        """The emulator, and the port that it listens on."""
        ports = free_port(), free_port()
        addresses = [f"{LOOPBACK}:{port}" for port in ports]
        options = ["--runtime-interface-emulator-address", addresses[0], "--runtime-api-address", addresses[1]]
        with self._log.open("ab") as out:
            child = subprocess.Popen(
                [self._command[0], *options, *self._command[1:]],
                cwd=self._environment["LAMBDA_TASK_ROOT"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return child, ports[0]

    def invoke(self, event: object) -> Any:
        """What the handler returns. FunctionFailed."""
        self._wait_until_up()
        answer = httpx.post(
            f"http://{LOOPBACK}:{self._port}{_INVOKE}",
            content=json.dumps(event),
            timeout=self._function.timeout_s + _SLACK_S,
            trust_env=False,
        )
        try:
            returned = answer.json()
        except ValueError:
            raise FunctionFailed(f"{self._function.name}: {answer.text[:500]}") from None
        if answer.status_code != httpx.codes.OK or (isinstance(returned, dict) and "errorType" in returned):
            raise FunctionFailed(f"{self._function.name}: {answer.text[:2000]}")
        return returned

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def _wait_until_up(self) -> None:
        until_s = time.monotonic() + _UP_WITHIN_S
        while True:
            try:
                socket.create_connection((LOOPBACK, self._port), 1.0).close()
            except ConnectionRefusedError:
                assert time.monotonic() < until_s, f"the emulator of {self._function.name} does not listen"
                if self._child.poll() is not None:  # somebody else had taken its port meanwhile
                    self._child, self._port = self._start()
                time.sleep(0.002)
            else:
                return


def _lambdas_own(function: Function, root: Path, packages: tuple[Path, ...]) -> dict[str, str]:
    """What Lambda adds to a function's environment, and the paths of this machine in place of /var/task."""
    given = {name: value.replace("/var/task", str(root)) for name, value in function.environment.items()}
    return {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout_s),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # The key names its function, so that whoever is asked knows who asks.
        "AWS_ACCESS_KEY_ID": function.name,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_TASK_ROOT": str(root),
        "PYTHONPATH": os.pathsep.join(map(str, (root, *packages, RUNTIME))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        **given,
    }


@dataclass
class Lambda:
    """All the functions of a deployment; `invoke` may be called from any thread."""

    root: Path
    python: str
    logs: Path
    functions: Mapping[str, Function]
    cold_starts: dict[str, int] = field(default_factory=dict)
    _idle: dict[str, list[Environment]] = field(default_factory=dict)
    _all: list[Environment] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke(self, name: str, event: object) -> Any:
        """What the function returns, from a free environment or a new one. FunctionFailed."""
        with self._lock:
            waiting = self._idle.setdefault(name, [])
            environment = waiting.pop() if waiting else None
            if environment is None:
                environment = self._new(name)
        try:
            return environment.invoke(event)
        finally:
            with self._lock:
                self._idle[name].append(environment)

    def close(self) -> None:
        with self._lock:
            for environment in self._all:
                environment.close()
            self._all.clear()

    def _new(self, name: str) -> Environment:
        number = self.cold_starts[name] = self.cold_starts.get(name, 0) + 1
        made = Environment(self.functions[name], self.root, self.python, self.logs / f"{name}-{number}.log")
        self._all.append(made)
        return made
