"""People's accounts: made, found and checked."""

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.identity.users.repository import UserRepository
from capsule.db import Database
from capsule.errors import Conflict, Unauthenticated
from capsule.kit import passwords
from capsule.kit.attempts import Attempts
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import User


class WrongCredentials(Unauthenticated):
    code, title = "wrong_credentials", "Wrong credentials"


class EmailTaken(Conflict):
    code = "email_taken"


def normal_email(email: str) -> str:
    """Return the form under which an email is stored and found."""
    return email.strip().lower()


async def sign_in(database: Database, attempts: Attempts, *, email: str, password: str, client: str) -> User:
    """Return the person whose email and password these are.

    Reads in a session of its own and hashes off the event loop, so that no write lock waits for it.
    Raises TooManyAttempts and WrongCredentials, which does not tell whether the email is known.
    """
    email = normal_email(email)
    attempts.begin(email, client)
    async with database.reading() as db_session:
        user = await UserRepository(db_session).by_email(email)
    fits = len(password) <= passwords.MAX_LENGTH and await passwords.matches(
        password, user.password_hash if user else None
    )
    if user is None or not fits:
        raise WrongCredentials("Email or password is wrong.")
    attempts.succeeded(email, client)
    return user


async def create(
    db_session: AsyncSession, *, email: str, name: str, password: str, is_admin: bool = False
) -> User:
    """Add a person. Raises EmailTaken and WeakPassword."""
    passwords.check(password)
    password_hash = await passwords.hash_password(password)
    email = normal_email(email)
    if await UserRepository(db_session).by_email(email) is not None:
        raise EmailTaken(f"There is already a user '{email}'.", field="email")
    user = User(
        id=new_id("usr"),
        email=email,
        name=name,
        password_hash=password_hash,
        is_admin=is_admin,
        created_at=now(),
    )
    db_session.add(user)
    await db_session.flush()
    return user
