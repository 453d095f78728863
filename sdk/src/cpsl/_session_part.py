"""What the groups of calls of a session share: its fields, and how an element gets on the screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._blocks import Block
from ._external import text_equivalent
from ._jsonable import to_jsonable
from ._messages import Message

if TYPE_CHECKING:
    from ._backend import SessionBackend
    from ._identity import SessionChannel, UserInfo
    from ._integrations import IntegrationCredentials

_DRAWING_CHANNELS = ("chat", "api")
_MAX_BLOCK_BYTES = 8 * 1024 * 1024


class SessionPart:
    """A group of calls of `Session`, which sets these fields."""

    id: str
    user: UserInfo
    channel: SessionChannel
    integrations: dict[str, IntegrationCredentials]
    _backend: SessionBackend | None
    _integration_modes: dict[str, str]
    _told: dict[str, str]

    if TYPE_CHECKING:  # `Session` has it

        @property
        def history(self) -> list[Message]: ...

        async def reply(self, text: str) -> None: ...

    @property
    def _can_draw(self) -> bool:
        """Whether the channel shows elements, or only texts."""
        return self.channel.type in _DRAWING_CHANNELS

    async def _put(self, kind: str, payload: dict[str, Any], block_id: str = "") -> None:
        """Show an element, keep it, and add it to the history. Raises ValueError when it is too large."""
        envelope = Block(kind, to_jsonable(payload), block_id).to_envelope()
        text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > _MAX_BLOCK_BYTES:
            raise ValueError(
                f"A {kind!r} block of {size:,} bytes is over the limit of {_MAX_BLOCK_BYTES:,};"
                " show a part of it, or a file or a collection that holds it."
            )
        self._remember_block(envelope["id"], text)
        if self._backend is None:
            return
        if self._can_draw:
            await self._backend.show(envelope)
            return
        told = text_equivalent(envelope)
        if told and self._told.get(envelope["id"]) != told:
            self._told[envelope["id"]] = told
            await self._backend.reply(told)

    async def _put_passing(self, kind: str, payload: dict[str, Any], block_id: str) -> None:
        """Show a state, made of plain JSON, that another one soon replaces; it is kept nowhere."""
        if self._backend is not None and self._can_draw:
            envelope = {"id": block_id, "type": kind, "payload": payload}
            await self._backend.show(envelope, is_kept=False)

    def _remember_block(self, block_id: str, text: str) -> None:
        """Add an element to the history, in the place of the one with its id."""
        entry = Message(text=text, sender="block", channel_type=self.channel.type)  # type: ignore[arg-type]
        index, _ = self._find_block(block_id)
        if index is None:
            self.history.append(entry)
        else:
            self.history[index] = entry

    def _shown(self, block_id: str) -> dict[str, Any] | None:
        """Return the payload of an element shown before, as far back as the history goes."""
        return self._find_block(block_id)[1]

    def _find_block(self, block_id: str) -> tuple[int | None, dict[str, Any] | None]:
        """Return place and payload of the latest element with this id, or nothing twice."""
        spelled = json.dumps(block_id)[1:-1]
        for index in range(len(self.history) - 1, -1, -1):
            entry = self.history[index]
            if entry.sender != "block" or (block_id.isascii() and spelled not in entry.text):
                continue  # most need not be parsed
            block = shown_block(entry)
            if block is not None and block["id"] == block_id:
                return index, block["payload"]
        return None, None

    async def _fresh_id(self) -> str:
        """Return eight hex digits, the same ones when the turn is run again."""

        async def make() -> str:
            import secrets

            return secrets.token_hex(4)

        return await make() if self._backend is None else str(await self._backend.record("id", make))


def shown_block(entry: Message) -> dict[str, Any] | None:
    """Return the `{id, type, payload}` in an entry of the history, or None when it holds none."""
    if entry.sender != "block":
        return None
    try:
        found = json.loads(entry.text)
    except ValueError:
        return None
    is_block = isinstance(found, dict) and isinstance(found.get("payload"), dict)
    return found if is_block and found.get("id") and found.get("type") else None
