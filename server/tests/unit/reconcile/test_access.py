"""A changed access policy reaches app host and edge, and nothing else happens for it."""

from dataclasses import replace

from reconcile_stage import Stage

from capsule.apps.access import AccessPolicy, OidcProvider
from capsule.control.delivery.changes import touch
from capsule.models import Capsule, Deployment, Replica


async def change(stage: Stage, capsule: Capsule, access: object) -> None:
    async with stage.database.unit_of_work() as db_session:
        row = await db_session.get_one(Capsule, capsule.id)
        row.config = {**row.config, "access": access}
        touch(db_session, capsule.id)


async def until_hosted(stage: Stage, capsule: Capsule, environment: str, policy: AccessPolicy) -> None:
    async def hosted() -> bool:
        app = stage.apps.hosted.get((capsule.id, environment))
        return app is not None and app.access == policy

    await stage.until(hosted)


async def test_it_is_told_at_once_without_a_deployment(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.live(type="app")
    before = stage.apps.hosted[capsule.id, "deploy"]
    assert before.access == AccessPolicy()
    provider = {"name": "acme", "issuer": "https://acme.example", "client_id": "c", "client_secret_name": "S"}
    await change(stage, capsule, {"anonymous": False, "oidc": [provider], "domains": ["acme.example"]})
    wanted = AccessPolicy(
        anonymous=False,
        oidc=(OidcProvider("acme", "https://acme.example", "c", "S"),),
        domains=("acme.example",),
    )
    await until_hosted(stage, capsule, "deploy", wanted)
    after = stage.apps.hosted[capsule.id, "deploy"]
    assert (after.replica_id, after.release, after.state) == (before.replica_id, before.release, before.state)
    assert len(await stage.rows(Deployment, capsule)) == len(await stage.rows(Replica, capsule)) == 1
    await change(stage, capsule, None)
    await until_hosted(stage, capsule, "deploy", AccessPolicy())


async def test_a_serve_is_told_too(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.live(type="app")
    hosted = stage.apps.hosted
    # As a running serve has it; its own run does not put it again before the next change of its files.
    hosted[capsule.id, "serve"] = type(hosted[capsule.id, "deploy"])(
        capsule.id, "serve", capsule.name, "serve-3", hosted[capsule.id, "deploy"].state, "rpl_serve"
    )
    await change(stage, capsule, {"sign_up": False})
    await until_hosted(stage, capsule, "serve", AccessPolicy(sign_up=False))
    served = hosted[capsule.id, "serve"]
    assert (served.replica_id, served.release) == ("rpl_serve", "serve-3")


async def test_public_access_goes_to_the_edge_without_a_deployment_and_outlives_one(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.live()
    before = stage.edge.table[capsule.id]
    assert before.is_public

    async def turn(value: bool | None) -> None:
        async with stage.database.unit_of_work() as db_session:
            row = await db_session.get_one(Capsule, capsule.id)
            row.config = {**row.config, "public_access": value}
            touch(db_session, capsule.id)

    async def is_closed() -> bool:
        return stage.edge.table[capsule.id] == replace(before, is_public=False)

    async def is_open() -> bool:
        return stage.edge.table[capsule.id].is_public

    await turn(False)
    await stage.until(is_closed)
    assert len(await stage.rows(Deployment, capsule)) == len(await stage.rows(Replica, capsule)) == 1
    stage.pipeline.tree = "tree-2"
    await stage.build(capsule)
    await stage.until_ended(Deployment, capsule, rows=2)
    closed = stage.edge.table[capsule.id]
    assert (closed.is_public, closed.upstreams != before.upstreams) == (False, True)
    await turn(None)
    await stage.until(is_open)
