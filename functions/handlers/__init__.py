"""The Lambda handlers, thin: parse, ask the domain, render. Two composition roots, `wiring.py` and, for after a call,
`after_call_wiring.py`; nothing is wired at import."""
