"""The installation's builder: of several, the one that can execute the plan."""

from pathlib import Path

from capsule.build.contract import ABOUT_IMAGE, Artifact, Builder, BuildLimits, LogSink
from capsule.build.plan import Plan


class ChosenBuilder:
    """Implements `build.contract.Builder`: plans with an image go to one builder, all others to another."""

    name = "chosen"

    def __init__(self, *, plain: Builder, images: Builder) -> None:
        self._plain = plain
        self._images = images

    async def build(
        self,
        plan: Plan,
        *,
        source: Path,
        artifact: Path,
        identity: int,
        env: dict[str, str],
        limits: BuildLimits,
        log: LogSink,
    ) -> Artifact:
        builder = self._plain if plan.image is None else self._images
        return await builder.build(
            plan, source=source, artifact=artifact, identity=identity, env=env, limits=limits, log=log
        )

    async def keeps(self, artifact: Path) -> bool:
        builder = self._images if (artifact / ABOUT_IMAGE).is_file() else self._plain
        return await builder.keeps(artifact)

    async def sweep(self, artifacts: Path) -> None:
        await self._images.sweep(artifacts)
        await self._plain.sweep(artifacts)

    async def collect(self, artifacts: Path) -> None:
        await self._images.collect(artifacts)
        await self._plain.collect(artifacts)
