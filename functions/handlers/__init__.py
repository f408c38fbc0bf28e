"""The Lambda handlers, thin: parse, ask the domain, render. One composition root, `wiring.py`; nothing at import."""
