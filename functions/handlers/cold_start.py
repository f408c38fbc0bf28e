"""What makes a Lambda that a caller waits for start sooner. Imported by it before anything else, as half is done then.

While modules load next to nothing is garbage, and looking for it is a tenth of a cold start.
"""

import gc

gc.disable()


def is_over() -> None:
    """Called when the handler is there. What its first request would load is loaded as well: Lambda gives its init a
    whole processor, and then, to a function of 1 GB, 0.6 of one. What there is by now lives as long as the process, and
    is looked at no more."""
    import calls.dynamo
    import calls.dynamo_json
    import calls.secrets_manager  # noqa: F401 - for the side effect

    gc.freeze()
    gc.enable()
