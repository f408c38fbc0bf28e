"""Offhook on one machine: the store's engine, the handlers and the streamer, each a child process."""
