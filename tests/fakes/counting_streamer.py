"""`python -m tests.fakes.counting_streamer`: the real streaming server, with light providers that count turns."""

import sys

from streamer.__main__ import main
from tests.fakes.counting import CountingEngines

if __name__ == "__main__":
    sys.exit(main(CountingEngines()))
