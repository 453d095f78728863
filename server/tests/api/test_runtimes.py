"""The runtimes of an app's users, and what a capsule's configuration says about them."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from api_fakes import FakeAppHost
from api_records import World, make_capsule

from capsule.api.context import Context
from capsule.apps.contract import HostedRuntime, RuntimeReport, RuntimeState
from capsule.control.events import CapsuleChanged
from capsule.db import Database
from capsule.models import Capsule

ClientAs = Callable[..., httpx2.AsyncClient]
RUNTIMES = (
    HostedRuntime(
        "usr_1",
        "ada@example.org",
        RuntimeState.warm,
        "7",
        turns=1,
        memory_bytes=6_000_000,
        wakes=2,
        wake_seconds=0.011,
        woken_at=1_700_000_000.0,
        used_at=1_700_000_060.5,
    ),
    HostedRuntime("vis_2", None, RuntimeState.warm, "7", memory_bytes=4_000_000),
    HostedRuntime("vis_3", None, RuntimeState.cold, "6", last_end="ran out of memory and was killed"),
)


@pytest.fixture
async def bot(database: Database, world: World) -> Capsule:
    async with database.unit_of_work() as db_session:
        return await make_capsule(db_session, world.space, type="app", name="bot", slug="bot")


@pytest.fixture
async def shop(database: Database, world: World) -> Capsule:
    async with database.unit_of_work() as db_session:
        return await make_capsule(db_session, world.space, name="shop", slug="shop")


@pytest.fixture
def apps(context: Context) -> FakeAppHost:
    assert isinstance(context.apps, FakeAppHost)
    return context.apps


def report(capsule: Capsule, environment: str = "deploy", **values: Any) -> RuntimeReport:
    return RuntimeReport(
        **{
            "capsule_id": capsule.id,
            "environment": environment,
            "runtimes": RUNTIMES,
            "keep_warm_seconds": 600.0,
            "wake_p50_seconds": 0.011,
            "wake_p95_seconds": 0.023,
            "shared_bytes": 61_000_000,
            "is_forked": True,
            **values,
        }
    )


class TestListRuntimes:
    async def test_tells_each_with_counts_and_sums(
        self, client: httpx2.AsyncClient, bot: Capsule, apps: FakeAppHost
    ) -> None:
        apps.reports[bot.id, "deploy"] = report(bot, notices=("Runtimes share one user.",))
        answer = await client.get("/capsules/bot/runtimes")
        assert answer.status_code == 200
        found = answer.json()
        items = found.pop("items")
        assert found == {
            "environment": "deploy",
            "is_hosted": True,
            "is_forked": True,
            "keep_warm_seconds": 600.0,
            "wake_p50_seconds": 0.011,
            "wake_p95_seconds": 0.023,
            "shared_bytes": 61_000_000,
            "memory_bytes": 10_000_000,
            "notices": ["Runtimes share one user."],
            "counts": {"waking": 0, "warm": 2, "cold": 1},
            "can": ["stop", "clear"],
        }
        assert items[0] == {
            "user_id": "usr_1",
            "email": "ada@example.org",
            "state": "warm",
            "release": "7",
            "turns": 1,
            "memory_bytes": 6_000_000,
            "wakes": 2,
            "wake_seconds": 0.011,
            "woken_at": "2023-11-14T22:13:20Z",
            "used_at": "2023-11-14T22:14:20.500000Z",
            "last_end": "",
        }
        assert [item["user_id"] for item in items] == ["usr_1", "vis_2", "vis_3"]
        assert items[2]["last_end"] == "ran out of memory and was killed"

    async def test_of_serve_are_apart(
        self, client: httpx2.AsyncClient, bot: Capsule, apps: FakeAppHost
    ) -> None:
        apps.reports[bot.id, "serve"] = report(bot, "serve", runtimes=RUNTIMES[:1])
        served = (await client.get("/capsules/bot/runtimes?environment=serve")).json()
        assert (served["environment"], len(served["items"])) == ("serve", 1)
        assert (await client.get("/capsules/bot/runtimes")).json()["items"] == []

    async def test_app_that_was_never_deployed_has_none(
        self, client: httpx2.AsyncClient, bot: Capsule
    ) -> None:
        found = (await client.get("/capsules/bot/runtimes")).json()
        assert (found["is_hosted"], found["items"], found["keep_warm_seconds"]) == (False, [], 600)
        assert found["counts"] == {"waking": 0, "warm": 0, "cold": 0}
        await client.patch("/capsules/bot", json={"config": {"keep_warm_seconds": 0}})
        assert (await client.get("/capsules/bot/runtimes")).json()["keep_warm_seconds"] == 0

    async def test_other_types_have_none(self, client: httpx2.AsyncClient, shop: Capsule) -> None:
        answer = await client.get("/capsules/shop/runtimes")
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_capsule_type")

    async def test_other_environment_is_refused(self, client: httpx2.AsyncClient, bot: Capsule) -> None:
        answer = await client.get("/capsules/bot/runtimes?environment=prod")
        assert (answer.status_code, answer.json()["field"]) == (422, "environment")


@pytest.mark.parametrize("order", ["stop", "clear"])
class TestOrders:
    async def test_are_given_for_one_user(
        self, client: httpx2.AsyncClient, bot: Capsule, apps: FakeAppHost, order: str
    ) -> None:
        apps.reports = {(bot.id, name): report(bot, name) for name in ("deploy", "serve")}
        for wanted in ({"user_id": "usr_1"}, {"user_id": "odd/ü id", "environment": "serve"}):
            answer = await client.post(f"/capsules/bot/runtimes/{order}", json=wanted)
            assert (answer.status_code, answer.content) == (204, b"")
        given = [(bot.id, "deploy", "usr_1"), (bot.id, "serve", "odd/ü id")]
        assert apps.orders == [(order, *item) for item in given]

    async def test_where_nothing_is_hosted_there_is_nothing_to_do(
        self, client: httpx2.AsyncClient, bot: Capsule, apps: FakeAppHost, order: str
    ) -> None:
        answer = await client.post(f"/capsules/bot/runtimes/{order}", json={"user_id": "usr_1"})
        assert (answer.status_code, apps.orders) == (204, [])

    @pytest.mark.parametrize("user_id", ["", "x" * 201, None])
    async def test_without_a_user_are_refused(
        self, client: httpx2.AsyncClient, bot: Capsule, user_id: str | None, order: str
    ) -> None:
        answer = await client.post(f"/capsules/bot/runtimes/{order}", json={"user_id": user_id})
        assert (answer.status_code, answer.json()["field"]) == (422, "user_id")

    async def test_other_types_have_none(self, client: httpx2.AsyncClient, shop: Capsule, order: str) -> None:
        answer = await client.post(f"/capsules/shop/runtimes/{order}", json={"user_id": "usr_1"})
        assert answer.json()["code"] == "wrong_capsule_type"

    async def test_foreign_app_is_not_there(
        self, client_as: ClientAs, bot: Capsule, apps: FakeAppHost, order: str
    ) -> None:
        apps.reports[bot.id, "deploy"] = report(bot)
        wanted = {"user_id": "usr_1"}
        answer = await client_as("foreigner").post(f"/capsules/bot/runtimes/{order}", json=wanted)
        assert (answer.status_code, apps.orders) == (404, [])


class TestConfigOfRuntimes:
    async def change(self, client: httpx2.AsyncClient, **config: Any) -> httpx2.Response:
        return await client.patch("/capsules/bot", json={"config": config})

    async def test_is_kept_redeployed_and_cleared_by_null(
        self, client: httpx2.AsyncClient, bot: Capsule, context: Context
    ) -> None:
        needs = []

        async def changed(_db_session: Any, about: CapsuleChanged) -> None:
            needs.append(about.needs)

        context.events.subscribe(CapsuleChanged, changed)
        before = (await client.get("/capsules/bot")).json()["config"]
        assert (before["network"], before["keep_warm_seconds"], before["runtime_files"]) == (None, None, None)
        wanted = {
            "network": {"mode": "listed", "allow": ["api.example.com:443"]},
            "keep_warm_seconds": 0,
            "runtime_files": 64,
        }
        kept = (await self.change(client, **wanted)).json()["config"]
        assert {key: kept[key] for key in wanted} == wanted
        assert needs == ["deployment"]
        assert (await self.change(client, **wanted)).json()["config"] == kept
        assert (await self.change(client, memory=1024)).json()["config"]["keep_warm_seconds"] == 0
        cleared = (await self.change(client, **dict.fromkeys(wanted), memory=None)).json()["config"]
        assert cleared == {**before, "memory": 1024}
        assert needs == ["deployment"] * 3

    async def test_entries_are_written_small_and_once(self, client: httpx2.AsyncClient, bot: Capsule) -> None:
        allow = [
            " API.example.com:443",
            "10.1.0.0/16:5432",
            "[2001:db8::1]:53",
            "fe80::1",
            "2001:db8::/32:443",
            "café.example",
            "api.example.com:443",
        ]
        answer = await self.change(client, network={"allow": allow})
        assert answer.json()["config"]["network"] == {
            "mode": "public",
            "allow": [
                "api.example.com:443",
                "10.1.0.0/16:5432",
                "[2001:db8::1]:53",
                "fe80::1",
                "2001:db8::/32:443",
                "café.example",
            ],
        }

    @pytest.mark.parametrize(
        ("entry", "way_out"),
        [
            ("https://api.example.com/v1", "Write api.example.com:443."),
            ("postgres://u:p@db.local/x", "Write db.local:5432."),
            ("ftp://files.example.com", "Write files.example.com and its port."),
            ("https://[", "db.lan:5432"),
            ("10.1.2.3/16", "Did you mean 10.1.0.0/16?"),
            ("0.0.0.0:80", "The machine itself is 127.0.0.1."),
            ("::ffff:10.0.0.0/104", "Write it as IPv4."),
            ("10.1.0.0/40:1", "10.1.0.0/16:443"),
            ("api.example.com:0", "no port between 1 and 65535"),
            ("api.example.com:99999", "no port between 1 and 65535"),
            ("api.example.com:²", "no port between 1 and 65535"),
            ("[::1]x", "is no complete address"),
            ("*.example.com", "Name each host by itself."),
            ("two words", "db.lan:5432"),
            ("10.1.2", "is no complete address"),
            ("10.1.2.300:80", "is no complete address"),
            ("", "names no host"),
        ],
    )
    async def test_entry_that_means_nothing_is_named_with_the_way_out(
        self, client: httpx2.AsyncClient, bot: Capsule, entry: str, way_out: str
    ) -> None:
        answer = await self.change(client, network={"allow": ["ok.example.com", entry]})
        assert (answer.status_code, answer.json()["field"]) == (422, "config.network.allow.1")
        assert f"'{entry}'" in answer.json()["detail"]
        assert way_out in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("config", "field"),
        [
            ({"network": {"mode": "none"}}, "config.network.mode"),
            ({"network": {"allow": ["a"] * 101}}, "config.network.allow"),
            ({"keep_warm_seconds": 86401}, "config.keep_warm_seconds"),
            ({"runtime_files": 8}, "config.runtime_files"),
        ],
    )
    async def test_value_outside_of_the_range_is_refused(
        self, client: httpx2.AsyncClient, bot: Capsule, config: dict[str, Any], field: str
    ) -> None:
        answer = await self.change(client, **config)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
