"""The exceptions an app author can meet, besides ValueError, TypeError and RuntimeError.

RuntimeError
├── NotYetAvailable         a name that a later version brings to life
├── SessionDataCommitError  session data could not be saved
└── IntegrationDeclined
TimeoutError
├── FileUploadTimeout
└── IntegrationTimeout
"""

from __future__ import annotations


class NotYetAvailable(RuntimeError):
    """This call exists, with its final signature, but does nothing in this version yet."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not available yet; it comes in a later version of Capsule.")
        self.what = what


class SessionDataCommitError(RuntimeError):
    """`session.data` could not be saved."""


class IntegrationTimeout(TimeoutError):
    """The user did not connect the integration in time."""


class IntegrationDeclined(RuntimeError):
    """The user declined to connect the integration."""


class FileUploadTimeout(TimeoutError):
    """The user did not upload a file in time."""
