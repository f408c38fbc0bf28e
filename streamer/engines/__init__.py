"""Engines: each turns what the caller says into what the agent says, behind one port (`engine.py`)."""
