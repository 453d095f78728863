"""Values by key, of sessions and apps, and work that is done once."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from session_backend import FakeBackend, make_session

import cpsl
from cpsl._ambient import active_session


class TestSessionValues:
    async def test_scopes_are_apart(self) -> None:
        backend = FakeBackend()
        session = make_session(backend)
        for scope in ("session", "user", "owner", "app"):
            await session.set("k", {"of": scope}, scope=scope)
        await session.delete("k", scope="user")
        assert await session.get("k") == {"of": "session"}
        assert await session.get("k", 7, scope="user") == 7
        assert await session.get("k", scope="owner") == {"of": "owner"}

    async def test_what_is_kept_is_no_longer_shared(self) -> None:
        backend = FakeBackend()
        value = {"a": (1, 2), 3: "x"}
        await make_session(backend).set("k", value)
        assert backend.values["session", "k"] == {"a": [1, 2], "3": "x"}

    @pytest.mark.parametrize(
        ("value", "error"),
        [(object(), TypeError), ({"a": {1}}, TypeError), (float("nan"), ValueError), (b"x", TypeError)],
    )
    async def test_only_json_is_kept(self, value: Any, error: type[Exception]) -> None:
        backend = FakeBackend()
        with pytest.raises(error, match="The value of 'my-key' must be JSON"):
            await make_session(backend).set("my-key", value)
        loop: list[Any] = []
        loop.append(loop)
        with pytest.raises(ValueError, match="my-key"):
            await make_session(backend).set("my-key", loop)
        assert backend.values == {}

    async def test_wrong_scopes_and_keys(self) -> None:
        session = make_session(FakeBackend())
        with pytest.raises(ValueError, match="scope must be one of"):
            await session.get("k", scope="world")
        with pytest.raises(ValueError, match="key"):
            await session.set(" ", 1)
        with pytest.raises(TypeError, match="key"):
            await session.delete(3)  # type: ignore[arg-type]

    async def test_without_identity_or_backend(self) -> None:
        session = make_session(FakeBackend(), id="", user="")
        await session.set("k", 1, scope="app")
        for scope in ("session", "user", "owner"):
            with pytest.raises(RuntimeError, match=f"there is no {scope} here"):
                await session.get("k", scope=scope)
        with pytest.raises(RuntimeError, match="running app"):
            await make_session().get("k")


class TestAppValues:
    @pytest.fixture(autouse=True)
    def ambient(self) -> Iterator[None]:
        token = active_session.set(None)
        yield
        active_session.reset(token)

    async def test_they_need_a_running_app(self) -> None:
        app = cpsl.App("demo", image=cpsl.Image())
        for call in (app.get("k"), app.set("k", 1), app.delete("k")):
            with pytest.raises(RuntimeError, match="not at import"):
                await call

    async def test_in_boot_they_come_from_the_app(self) -> None:
        app, backend = cpsl.App("demo", image=cpsl.Image()), FakeBackend()
        app._backend = backend
        await app.set("k", [1])
        assert await app.get("k") == [1]
        await app.delete("k")
        assert await app.get("k", "none") == "none"
        with pytest.raises(TypeError, match="'k' must be JSON"):
            await app.set("k", object())

    async def test_in_a_handler_they_go_through_its_session(self) -> None:
        app, own, of_turn = cpsl.App("demo", image=cpsl.Image()), FakeBackend(), FakeBackend()
        app._backend = own
        active_session.set(make_session(of_turn))
        await app.set("k", 1)
        assert (own.values, of_turn.values) == ({}, {("app", "k"): 1})


class TestOnce:
    async def test_a_result_is_kept_for_the_next_attempt(self) -> None:
        backend = FakeBackend()
        calls: list[int] = []

        def charge(amount: int) -> dict[str, Any]:
            calls.append(amount)
            return {"paid": (amount,)}

        assert await make_session(backend).once("charge", charge, 5) == {"paid": [5]}
        assert backend.recorded == [("once charge", {"paid": [5]})]
        again = FakeBackend()
        again.known = list(backend.recorded)
        assert await make_session(again).once("charge", charge, 5) == {"paid": [5]}
        assert calls == [5]

    async def test_a_name_is_done_once_in_a_turn(self) -> None:
        session = make_session(FakeBackend())
        calls: list[str] = []

        async def work(what: str) -> str:
            calls.append(what)
            await asyncio.sleep(0)
            return what

        both = await asyncio.gather(session.once("a", work, "x"), session.once("a", work, "y"))
        assert list(both) == ["x", "x"]
        assert await session.once("b", lambda: work("z")) == "z"
        assert calls == ["x", "z"]

    async def test_a_failure_is_not_kept(self) -> None:
        session = make_session()
        calls: list[int] = []

        def work() -> int:
            calls.append(1)
            if len(calls) == 1:
                raise OSError("down")
            return 7

        with pytest.raises(OSError, match="down"):
            await session.once("a", work)
        assert await session.once("a", work) == 7

    async def test_wrong_arguments(self) -> None:
        session = make_session(FakeBackend())
        with pytest.raises(ValueError, match="name of once"):
            await session.once(" ", print)
        with pytest.raises(TypeError, match="takes a function"):
            await session.once("a", 3)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"once\('a'\)"):
            await session.once("a", object)
