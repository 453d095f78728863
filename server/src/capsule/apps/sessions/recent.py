"""The newest history of the conversations that go on now, so that no turn has to read and sort it anew."""

from collections import OrderedDict, deque
from collections.abc import Iterable

from capsule.apps.sessions.events import HISTORY_TYPES, Event
from capsule.apps.sessions.reading import HISTORY_LENGTH

_SESSIONS = 200
_BYTES = 32 * 1024
"""Of one conversation; what is longer is read from the file."""


class _Kept:
    """What `Reading.history` returns for the turn that runs, and what that turn adds to it."""

    def __init__(self, entries: Iterable[Event], turn_id: str, message: Event) -> None:
        self.entries: deque[Event] = deque()
        self._size = 0
        self.added = list(entries)
        self.end()
        self.begin(turn_id, message)

    def begin(self, turn_id: str, message: Event) -> None:
        self.turn_id: str | None = turn_id
        self.added = [message] if message.type in HISTORY_TYPES else []

    def end(self) -> None:
        for event in self.added:
            self.entries.append(event)
            self._size += len(event.data)
            if len(self.entries) > HISTORY_LENGTH:
                self._size -= len(self.entries.popleft().data)
        self.turn_id, self.added = None, []

    @property
    def is_long(self) -> bool:
        return self._size > _BYTES


class RecentHistory:
    """Follows conversations as long as they only grow: one turn after the other, each by texts.

    Whatever else happens to a history makes it forget that conversation. It sees changes before they are
    durable, so a commit that fails makes it forget them all.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def of(self, session_id: str, turn_id: str, message: Event) -> list[Event] | None:
        """Return what a turn, which begins now, finds before its message; None when only the file tells."""
        kept = self._kept.get(session_id)
        if kept is None:
            return None
        if kept.turn_id not in (None, turn_id) or message.turn_id != turn_id:
            self.forget(session_id)
            return None
        self._kept.move_to_end(session_id)
        if kept.turn_id is None:
            kept.begin(turn_id, message)
        return list(kept.entries)

    def keep(self, session_id: str, turn_id: str, message: Event, found: list[Event]) -> None:
        """Remember what the file told before the message of a turn that begins now, for the first time."""
        if message.turn_id == turn_id:  # it is not an earlier one that is answered again
            kept = self._kept[session_id] = _Kept(found, turn_id, message)
            if kept.is_long:
                self.forget(session_id)
            elif len(self._kept) > _SESSIONS:
                self._kept.popitem(last=False)

    def appended(self, event: Event) -> None:
        """Take note of an event of one of the HISTORY_TYPES."""
        kept = self._kept.get(event.session_id)
        if kept is None:
            return
        if event.type == "message" and event.turn_id != kept.turn_id:
            return  # it waits for its turn
        if event.type == "block" or event.turn_id != kept.turn_id:
            self.forget(event.session_id)
        else:
            kept.added.append(event)

    def ended(self, session_id: str, turn_id: str) -> None:
        if (kept := self._kept.get(session_id)) is None:
            return
        if kept.turn_id != turn_id:  # one that never began
            self.forget(session_id)
            return
        kept.end()
        if kept.is_long:
            self.forget(session_id)

    def forget(self, session_id: str) -> None:
        self._kept.pop(session_id, None)

    def clear(self) -> None:
        self._kept.clear()
