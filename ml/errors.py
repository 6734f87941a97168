"""What can go wrong in `ml`, sorted by what the caller does next.

A rejected document goes back to the applicant with one sentence; a model that could not run becomes
`Missing(not_executed)`. Neither is ever turned into a value. Messages carry no personal data.
"""

from __future__ import annotations


class DocumentRejected(Exception):
    """The uploaded file is not accepted.

    `code` is a stable label, `message` says what is wrong and `remedy` what the applicant can do; both are one sentence.
    """

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.code = code
        self.message = message
        self.remedy = remedy


class NotExecuted(Exception):
    """A model could not run: its package or its weights are absent. `reason` says which, for operators."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
