"""Runs a module as `python -m` would, in a process that ends when its parent does.

    python -m offhook.stack.tethered FD MODULE [ARGUMENT ...]

FD is the reading end of a pipe whose only writing end the parent holds. However the parent ends, the pipe then ends
too, and this process gets SIGTERM, and after GRACE_S it is gone. (Linux' parent-death signal would not do: it comes
when the thread that started the child ends, and there is none on macOS.)
"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_S = 5.0


def main(arguments: list[str]) -> None:
    tether, module, *rest = arguments
    threading.Thread(target=_end_with_parent, args=(int(tether),), name="tether", daemon=True).start()
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent(tether: int) -> None:
    while os.read(tether, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
