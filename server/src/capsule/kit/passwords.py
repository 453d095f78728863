"""Hash and check passwords with argon2id, off the event loop. Knows no user."""

import asyncio
import functools
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from capsule.errors import InvalidInput

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH = 8
MAX_LENGTH = 1024
"""Longer ones are refused, so that nobody makes the server hash megabytes."""


class WeakPassword(InvalidInput):
    code, title = "weak_password", "Password refused"


def check(password: str, *, field: str = "password") -> None:
    """Raise WeakPassword for one that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise WeakPassword(f"The password needs {MIN_LENGTH} to {MAX_LENGTH} characters.", field=field)


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_workers(), _hash, password)


async def matches(password: str, password_hash: str | None) -> bool:
    """Tell whether the password fits. None (nobody by that email) takes as long as a wrong one."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_workers(), _matches, password, password_hash)


def _hash(password: str) -> str:
    return _hasher().hash(password)


def _matches(password: str, password_hash: str | None) -> bool:
    from argon2.exceptions import VerifyMismatchError

    stored = password_hash or _dummy_hash()
    try:
        _hasher().verify(stored, password)
    except VerifyMismatchError:
        return False
    return password_hash is not None


@functools.cache
def _workers() -> ThreadPoolExecutor:
    # Each run takes 19 MiB: two at a time keep the server small while many sign in, and threads of their
    # own keep a flood of sign-ins from holding up work on files.
    return ThreadPoolExecutor(2, thread_name_prefix="passwords")


@functools.cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's argon2id profile


@functools.cache
def _dummy_hash() -> str:
    return _hash(secrets.token_hex(16))
