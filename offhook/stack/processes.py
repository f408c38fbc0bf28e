"""A child process with a name, a log file and a readiness probe; it never outlives this process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from calls.errors import Blame, OffhookError
from offhook.stack.environment import LOOPBACK
from offhook.stack.plain_http import NO_TLS

_PROBE_TIMEOUT_S = 1.0
_PROBE_PAUSE_S = 0.05
_TAIL_LINES = 20
_TAIL_BYTES = 16_384


class ProcessFailed(OffhookError):
    """A child process could not start, did not become ready in time, or ended without being asked to."""

    default_code = "process-failed"
    default_blame = Blame.OFFHOOK


def free_port() -> int:
    """A loopback TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """`python -m module`, from `start` to `stop` or `kill`; may be started again after either.

    `environment` is all that the child sees. Output goes to the end of the file `log`. `ready_url` answers 200 once
    the child can be used. Methods block, `ready` aside; none may be called from two threads at once.
    """

    def __init__(
        self, name: str, module: str, environment: Mapping[str, str], log: Path, ready_url: str, *arguments: str
    ) -> None:
        self.name = name
        self.log = log
        self._command: Sequence[str] = (module, *arguments)
        self._environment = dict(environment)
        self._ready_url = ready_url
        self._child: subprocess.Popen[bytes] | None = None
        self._tether = -1

    @property
    def pid(self) -> int | None:
        child = self._child
        return child.pid if child else None

    @property
    def exit_code(self) -> int | None:
        """The code of a child that ended without being asked to (minus the signal's number where one ended it)."""
        child = self._child
        return child.poll() if child else None

    def start(self) -> None:
        """Start the child. ProcessFailed where one is running, or where the system refuses."""
        if self._child:
            raise ProcessFailed(f"{self.name} is running already.")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "offhook.stack.tethered", str(reading), *self._command]
        try:
            with self.log.open("ab") as log:
                self._child = subprocess.Popen(
                    command,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=(reading,),
                    start_new_session=True,
                )
        except OSError as error:
            os.close(writing)
            raise ProcessFailed(f"{self.name} could not be started: {error.strerror}.") from error
        finally:
            os.close(reading)
        self._tether = writing

    def check(self) -> None:
        """ProcessFailed, with the last lines of the log, if the child has ended without being asked to."""
        if self.exit_code is not None:
            raise ProcessFailed(f"{self.name} ended with code {self.exit_code}.{self._evidence()}")

    def is_ready(self) -> bool:
        """One probe, of a second at most. ProcessFailed as `check`, or where nothing runs."""
        if self._child is None:
            raise ProcessFailed(f"{self.name} is not running.")
        self.check()
        try:
            # No proxy from the environment: the child is on loopback.
            answer = httpx.get(self._ready_url, timeout=_PROBE_TIMEOUT_S, trust_env=False, verify=NO_TLS)
        except httpx.TransportError:
            return False
        self.check()
        return answer.status_code == httpx.codes.OK

    def wait_ready(self, deadline_s: float) -> None:
        """Returns when a probe succeeds. ProcessFailed as `check`, or after `deadline_s`."""
        until = time.monotonic() + deadline_s
        while not self.is_ready():
            if time.monotonic() >= until:
                raise self._late(deadline_s)
            time.sleep(_PROBE_PAUSE_S)

    def stop(self, grace_s: float = 5.0) -> None:
        """SIGTERM, then SIGKILL to what is left after `grace_s`. Does nothing where nothing runs."""
        self._end(signal.SIGTERM, grace_s)

    def kill(self) -> None:
        """SIGKILL, as when a machine dies. Does nothing where nothing runs."""
        self._end(signal.SIGKILL, 0.0)

    def _end(self, sent: signal.Signals, grace_s: float) -> None:
        # From here on nobody watches the child: its end is no surprise.
        child, self._child = self._child, None
        if child is None:
            return
        child.send_signal(sent)
        try:
            child.wait(grace_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        os.close(self._tether)

    def last_lines(self, lines: int = _TAIL_LINES) -> list[str]:
        """The end of the log, from its last 16 KB."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
                return log.read().decode("utf-8", "replace").splitlines()[-lines:]
        except FileNotFoundError:
            return []

    def _late(self, deadline_s: float) -> ProcessFailed:
        return ProcessFailed(f"{self.name} was not ready within {deadline_s:g} s.{self._evidence()}")

    def _evidence(self) -> str:
        lines = "".join(f"\n    {line}" for line in self.last_lines())
        return f" The end of its log, {self.log}:{lines or ' (empty)'}"
