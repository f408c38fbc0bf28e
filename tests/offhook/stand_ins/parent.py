"""A parent that starts `serving` as its child, says the child's process id, and waits to be killed."""

import os
import sys
import time
from pathlib import Path

from offhook.stack.processes import Process


def main(log: str, port: str) -> None:
    url = f"http://127.0.0.1:{port}/healthz"
    child = Process("the child", "tests.offhook.stand_ins.serving", {**os.environ, "PORT": port}, Path(log), url)
    child.start()
    child.wait_ready(20)
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
