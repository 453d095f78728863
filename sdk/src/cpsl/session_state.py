"""Errors of saving `session.data`, under the name that existing apps import."""

from ._errors import SessionDataCommitError

__all__ = ["SessionDataCommitError"]
