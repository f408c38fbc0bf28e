"""`python -m tests.fakes.light_streamer`: the real streaming server, with light providers in place of the real ones."""

import sys

from streamer.__main__ import main
from tests.fakes.light import LightEngines

if __name__ == "__main__":
    sys.exit(main(LightEngines()))
