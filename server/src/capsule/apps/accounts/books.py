"""The account books of every hosted app, opened when somebody first comes."""

from capsule.apps.accounts.book import AccountBook
from capsule.apps.hosting import Hosting
from capsule.apps.liveapp import LiveApp
from capsule.errors import PlatformError

Key = tuple[str, str]


class Books:
    def __init__(self, hosting: Hosting, *, has_mail: bool) -> None:
        self._hosting = hosting
        self._has_mail = has_mail
        self._books: dict[Key, AccountBook] = {}

    def of(self, live: LiveApp) -> AccountBook:
        key = (live.app.capsule_id, live.app.environment)
        book = self._books.get(key)
        if book is None or book.live is not live:
            self._books = {key: book for key, book in self._books.items() if self._is_hosted(key, book)}
            book = self._books[key] = AccountBook(live, has_mail=self._has_mail)
        return book

    def _is_hosted(self, key: Key, book: AccountBook) -> bool:
        try:
            return self._hosting.find(*key) is book.live
        except PlatformError:
            return False
