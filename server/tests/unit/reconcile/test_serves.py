"""The life of a `capsule serve`: build, run, reload, a reload that fails, silence."""

from pathlib import Path
from typing import Any

from reconcile_stage import Stage

from capsule.apps.contract import AppState
from capsule.control.delivery.serves import service
from capsule.control.delivery.serves.files import stage as stage_change
from capsule.control.delivery.serves.shell import shell_value
from capsule.control.events import Events
from capsule.control.workload.capsules.service import CapsuleService
from capsule.control.workload.env.service import EnvService
from capsule.control.workload.secrets.service import put
from capsule.control.workload.secrets.vault import SpaceVault
from capsule.edge.contract import RouteState
from capsule.kit.clock import now
from capsule.models import Build, Capsule, Deployment, Replica, Serve, Upload
from capsule.reconcile.platform import Pace


async def begin(stage: Stage, capsule: Capsule, shell: dict[str, str] | None = None) -> Serve:
    async with stage.database.unit_of_work() as db_session:
        upload = Upload(
            id=f"upl_{now().timestamp()}",
            team_id=capsule.team_id,
            space_id=capsule.space_id,
            digest="d",
            size_bytes=1,
        )
        db_session.add(upload)
        await db_session.flush()
        return await service.begin(
            db_session,
            CapsuleService(db_session, Events()),
            await db_session.get_one(Capsule, capsule.id),
            upload_id=upload.id,
            entry="app.py:app",
            user_id="usr_1",
            box=stage.platform.box,
            shell=shell or {},
        )


def be_patient(stage: Stage) -> None:
    """Let no serve end for being silent."""
    object.__setattr__(stage.platform, "pace", Pace(answer=1, drain=0.1, heartbeat=30))


async def get(stage: Stage, serve: Serve) -> Serve:
    async with stage.database.reading() as db_session:
        return await db_session.get_one(Serve, serve.id)


async def until(stage: Stage, serve: Serve, **wanted: Any) -> Serve:
    async def so() -> bool:
        row = await get(stage, serve)
        return all(getattr(row, key) == value for key, value in wanted.items())

    await stage.until(so)
    return await get(stage, serve)


async def change(stage: Stage, serve: Serve, files: dict[str, str], deleted: list[str] | None = None) -> None:
    unpacked = Path(stage.platform.paths.root / "unpacked")
    unpacked.mkdir()
    for name, text in files.items():
        (unpacked / name).write_text(text)
    async with stage.database.unit_of_work() as db_session:
        revision = service.next_revision(await db_session.get_one(Serve, serve.id))
        stage_change(stage.platform.paths, serve.id, revision, unpacked=unpacked, deleted=deleted or [])


async def test_serve_is_reached_at_its_own_host_beside_the_deployed_app(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.live(type="app")
    serve = await until(stage, await begin(stage, capsule), status="running")
    route = stage.edge.table[f"{capsule.id}:serve"]
    assert (route.state, route.hosts) == (RouteState.live, (f"{capsule.slug}--serve.localhost",))
    assert stage.apps.hosted[capsule.id, "serve"].release == "serve-0"
    assert stage.apps.hosted[capsule.id, "deploy"].release == "1"
    assert serve.replica_id is not None
    spec = stage.engine.world.replicas[serve.replica_id].spec
    assert spec.env["CAPSULE_ENV_TYPE"] == "serve"
    assert spec.labels == {"environment": "serve"}
    assert len(await stage.rows(Deployment, capsule)) == 1


async def test_change_restarts_the_runtime_with_the_new_files(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    serve = await until(stage, await begin(stage, capsule), status="running")
    first = serve.replica_id
    await change(stage, serve, {"app.py": "two", "more.py": "x"}, deleted=["gone.py"])

    async def swapped() -> bool:
        return stage.apps.hosted[capsule.id, "serve"].release == "serve-1"

    await stage.until(swapped)
    app = stage.platform.paths.serve_tree(serve.id) / "app"
    assert (app / "app.py").read_text() == "two"
    assert (app / "more.py").exists()
    await stage.until_replicas(capsule, 1)
    assert await stage.running(capsule) != [first]


async def test_change_is_loaded_by_the_replica_that_was_started_ahead(stage: Stage) -> None:
    be_patient(stage)
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    serve = await until(stage, await begin(stage, capsule), status="running")
    for revision in (1, 2):
        spare = await stage.spare(capsule)
        assert stage.engine.world.replicas[spare].spec.loads_when_asked
        await change(stage, serve, {"app.py": f"version {revision}"})
        await until(stage, serve, replica_id=spare)
        assert stage.apps.hosted[capsule.id, "serve"].release == f"serve-{revision}"
        await stage.until_replicas(capsule, 1)
        assert await stage.running(capsule) == [spare]


async def test_spare_from_before_a_variable_changed_is_not_used(stage: Stage) -> None:
    be_patient(stage)
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    serve = await until(stage, await begin(stage, capsule), status="running")
    spare = await stage.spare(capsule)
    async with stage.database.unit_of_work() as db_session:
        fresh = await db_session.get_one(Capsule, capsule.id)
        await EnvService(db_session, stage.platform.box, stage.platform.site).change(
            fresh, {"COLOUR": "blue"}, set()
        )
    await change(stage, serve, {"app.py": "two"})

    async def swapped() -> bool:
        row = await get(stage, serve)
        hosted = stage.apps.hosted[capsule.id, "serve"]
        return hosted.release == "serve-1" and row.replica_id == hosted.replica_id

    await stage.until(swapped)
    assert (await get(stage, serve)).replica_id != spare

    async def gone() -> bool:
        return spare not in stage.engine.world.replicas

    await stage.until(gone)


async def test_spare_that_has_died_is_not_used(stage: Stage) -> None:
    be_patient(stage)
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    serve = await until(stage, await begin(stage, capsule), status="running")
    spare = await stage.spare(capsule)
    await stage.engine.stop(spare)
    await change(stage, serve, {"app.py": "two"})

    async def swapped() -> bool:
        return stage.apps.hosted[capsule.id, "serve"].release == "serve-1"

    await stage.until(swapped)
    assert stage.apps.hosted[capsule.id, "serve"].replica_id != spare


async def test_change_that_does_not_start_leaves_the_running_one_and_tells_why(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    serve = await until(stage, await begin(stage, capsule), status="running")
    running = await stage.running(capsule)
    stage.apps.unready = "SyntaxError: invalid syntax (app.py, line 3)"
    await change(stage, serve, {"app.py": "def"})

    async def told() -> bool:
        return (await get(stage, serve)).reason is not None

    await stage.until(told)
    row = await get(stage, serve)
    assert row.status == "running"
    assert "SyntaxError: invalid syntax (app.py, line 3)" in str(row.reason)
    await stage.until_replicas(capsule, 1)
    assert await stage.running(capsule) == running
    hosted = stage.apps.hosted[capsule.id, "serve"]
    assert (hosted.state, hosted.release) == (AppState.live, "serve-0")
    assert "SyntaxError: invalid syntax" in hosted.reason
    stage.apps.unready = ""
    await change(stage, serve, {"app.py": "fine"})
    await until(stage, serve, reason=None, revision=2)

    async def swapped() -> bool:
        return stage.apps.hosted[capsule.id, "serve"].release == "serve-2"

    await stage.until(swapped)
    assert stage.apps.hosted[capsule.id, "serve"].reason == ""


async def test_an_app_that_never_ran_is_shown_with_the_reason(stage: Stage) -> None:
    be_patient(stage)
    stage.apps.unready = "NameError: name 'x' is not defined"
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    await until(stage, await begin(stage, capsule), status="failed")

    async def shown() -> bool:
        hosted = stage.apps.hosted.get((capsule.id, "serve"))
        return hosted is not None and hosted.state is AppState.failed and "NameError" in hosted.reason

    await stage.until(shown)
    await stage.until(lambda: is_open(stage, capsule))


async def is_open(stage: Stage, capsule: Capsule) -> bool:
    return stage.edge.table[f"{capsule.id}:serve"].state is RouteState.live


async def test_failed_build_is_told(stage: Stage) -> None:
    stage.pipeline.cannot_plan = "There is no app.py."
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    serve = await until(stage, await begin(stage, capsule), status="failed")
    assert serve.reason == "There is no app.py."


async def test_silence_ends_the_serve_and_leaves_nothing(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    serve = await until(stage, await begin(stage, capsule), status="running")
    await until(stage, serve, status="stopped")
    assert await stage.running(capsule) == []
    assert f"{capsule.id}:serve" not in stage.edge.table
    assert (capsule.id, "serve") not in stage.apps.hosted
    assert stage.apps.deleted == []
    assert not stage.platform.paths.serve_tree(serve.id).exists()
    assert {row.state for row in await stage.rows(Replica, capsule)} == {"stopped"}
    assert stage.engine.world.replicas == {}


async def test_newer_serve_takes_over(stage: Stage) -> None:
    be_patient(stage)
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    first = await until(stage, await begin(stage, capsule), status="running")
    second = await begin(stage, capsule)
    await until(stage, second, status="running")
    assert (await get(stage, first)).status == "stopped"
    assert len(await stage.running(capsule)) == 1


async def test_ended_serve_cancels_its_build(stage: Stage) -> None:
    stage.pipeline.seconds = 60
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    serve = await begin(stage, capsule)
    async with stage.database.unit_of_work() as db_session:
        service.finish(await db_session.get_one(Serve, serve.id))
    await until(stage, serve, status="stopped")
    assert (await stage.until_ended(Build, capsule)).status == "cancelled"


async def test_what_the_shell_exports_wins_over_the_space_and_is_forgotten_at_the_end(stage: Stage) -> None:
    be_patient(stage)
    stage.pipeline.manifest = {"secrets": ["ONLY_HERE", "BOTH"]}
    await stage.begin()
    capsule = await stage.add_capsule(type="app", build=False)
    async with stage.database.unit_of_work() as db_session:
        await put(db_session, stage.platform.box, stage.space, name="BOTH", value="of the space")
    shell = {"ONLY_HERE": "1", "BOTH": "of the shell", "NOT_DECLARED": "no"}
    serve = await until(stage, await begin(stage, capsule, shell), status="running")
    assert serve.shell is not None
    assert "of the shell" not in serve.shell
    assert serve.replica_id is not None
    spec = stage.engine.world.replicas[serve.replica_id].spec
    assert (spec.env["ONLY_HERE"], spec.env["BOTH"]) == ("1", "of the shell")
    assert "NOT_DECLARED" not in spec.env
    assert set(spec.redact) == {"1", "of the shell"}
    vault = SpaceVault(stage.database, stage.platform.box, shell_value)
    assert await vault.secret(capsule.id, "serve", "BOTH") == "of the shell"
    assert await vault.secret(capsule.id, "deploy", "BOTH") == "of the space"
    async with stage.database.unit_of_work() as db_session:
        service.finish(await db_session.get_one(Serve, serve.id))
    assert (await until(stage, serve, status="stopped")).shell is None
    assert await vault.secret(capsule.id, "serve", "BOTH") == "of the space"
