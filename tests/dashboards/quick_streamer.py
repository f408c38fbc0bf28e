"""`python -m tests.dashboards.quick_streamer`: the real streamer, telling its metrics as often as a test can wait."""

import sys

from streamer.__main__ import main
from streamer.load_report import Every

LOAD_EVERY_S = 6.0

if __name__ == "__main__":
    sys.exit(main(every=Every(load_s=LOAD_EVERY_S, calls_s=0.5)))
