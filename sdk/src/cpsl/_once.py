"""Work that must not be done twice, such as charging a card."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._calls import is_async
from ._checks import check_text, to_stored_json
from ._session_part import SessionPart

if TYPE_CHECKING:
    import asyncio


class OnceCalls(SessionPart):
    """`session.once`."""

    _done: dict[str, asyncio.Future[Any]]

    async def once(self, name: str, fn: Callable[..., Any], *args: Any) -> Any:
        """Call `fn(*args)` once in this turn and return its result, also when the turn is run again.

        A turn whose runtime died is run from its start. What handlers do through `session` is not repeated
        then; what they do by themselves is, unless it is wrapped in `once`:

            receipt = await session.once("charge", charge, card, 100)

        `fn` may be `def` (it runs in a thread) or `async def`; its result must be JSON, else TypeError or
        ValueError. A second call with the same name returns the first one's result. When `fn` raises,
        nothing is kept. A crash in the very moment between the end of `fn` and the keeping of its result
        still repeats it: give the other side a key to know a repetition by, where it takes one.
        """
        import asyncio

        name = check_text(name, "The name of once()")
        if not callable(fn):
            raise TypeError(f"once() takes a function; got {type(fn).__name__}.")
        running = self._done.get(name)
        if running is not None:
            return await asyncio.shield(running)
        future = self._done[name] = asyncio.get_running_loop().create_future()

        async def work() -> Any:
            result = fn(*args) if is_async(fn) else await asyncio.to_thread(fn, *args)
            if inspect.isawaitable(result):
                result = await result
            return to_stored_json(result, f"The result of once({name!r})")

        backend = self._backend
        try:
            found = await work() if backend is None else await backend.record(f"once {name}", work)
        except BaseException as exc:
            del self._done[name]
            cut_off = RuntimeError(f"once({name!r}) was cut off.")
            future.set_exception(exc if isinstance(exc, Exception) else cut_off)
            future.exception()  # nobody may be waiting
            raise
        future.set_result(found)
        return found
