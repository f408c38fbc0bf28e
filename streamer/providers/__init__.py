"""Providers: one kind of recogniser, reply model or voice each, behind the ports in `streamer.engines.ports`."""
