"""E-mail addresses of people and addresses to return to, as callers write them."""

import re

from capsule.apps.accounts.errors import InvalidEmail, InvalidReturnAddress

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_MAX_EMAIL = 254
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_MAX_RETURN = 2000


def normal_email(email: object, *, field: str = "email") -> str:
    """Return the form under which an e-mail is kept and found. Raises InvalidEmail."""
    if isinstance(email, str):
        found = email.strip().lower()
        if len(found) <= _MAX_EMAIL and _EMAIL.fullmatch(found):
            return found
        got = repr(email[:80])
    else:
        got = "nothing" if email is None else type(email).__name__
    raise InvalidEmail(f"An e-mail address is needed; got {got}.", hint="name@example.com", field=field)


def local_path(return_to: object) -> str:
    """Return where to go after signing in: a path of the app itself; `/` when nothing is said.

    Raises InvalidReturnAddress, so that nobody is led to another site.
    """
    if return_to is None or return_to == "":
        return "/"
    if isinstance(return_to, str) and len(return_to) <= _MAX_RETURN and _LOCAL.fullmatch(return_to):
        return return_to
    raise InvalidReturnAddress(
        f"return_to must be a path of this app, such as '/#/s/ses_1'; got {str(return_to)[:80]!r}.",
        field="return_to",
    )
