"""The error for something that a command needs and does not find on this machine."""


class MissingPart(Exception):
    """Its text says what is missing and what to do next."""
