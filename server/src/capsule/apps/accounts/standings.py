"""Remember how accounts stand, so that not every request reads the file.

The app host alone writes the file: whoever changes an account says so here, and nothing gets stale.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from capsule.apps.accounts.rows import Account
from capsule.apps.http.identity import Standing

_REMEMBERED = 10_000


class Standings:
    def __init__(self, read: Callable[[str], Awaitable[Account | None]]) -> None:
        """`read`: finds an account by its id in the file."""
        self._read = read
        self._known: OrderedDict[str, Standing | None] = OrderedDict()
        self._changes = 0

    async def of(self, user_id: str) -> Standing | None:
        """Return how an account stands; None when the id is that of no account."""
        if user_id in self._known:
            self._known.move_to_end(user_id)
            return self._known[user_id]
        seen = self._changes
        standing = _standing(await self._read(user_id))
        if seen == self._changes:  # nothing was changed while the file was read
            self._remember(user_id, standing)
        return standing

    def changed(self, account: Account) -> None:
        """Take note of an account that was made or changed."""
        self._changes += 1
        self._remember(account.id, _standing(account))

    def _remember(self, user_id: str, standing: Standing | None) -> None:
        self._known[user_id] = standing
        self._known.move_to_end(user_id)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _standing(account: Account | None) -> Standing | None:
    if account is None:
        return None
    return Standing(account.generation, account.email, account.is_verified)
