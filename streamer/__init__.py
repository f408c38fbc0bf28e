"""The container: hosts the media WebSocket and bridges a phone call to an engine."""
