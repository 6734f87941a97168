"""The failure that FEEL turns into null: raised inside a function, caught where it is called, kept as a warning."""

from __future__ import annotations


class Failure(Exception):
    """Why an operation has no value; `code` sorts it, the message never holds a value of the scope."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)
