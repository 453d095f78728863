"""The shells of one container, kept on disk so that none runs on when the node agent was killed."""

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from capsule.engines.docker.state import ContainerState
from capsule.engines.process import tree
from capsule.engines.running_shell import send

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient


class KeptShells:
    """Knows them by the daemon's ids."""

    def __init__(self, state: ContainerState, save: Callable[[], None]) -> None:
        self._state = state
        self._save = save

    def note(self, exec_id: str) -> None:
        """To be called before the process runs."""
        self._state.shells.append(exec_id)
        self._save()

    def forget(self, exec_id: str) -> None:
        if exec_id in self._state.shells:
            self._state.shells.remove(exec_id)
            self._save()

    async def end(self, client: "DockerClient") -> None:
        """End what an earlier process of the node agent has started: who followed it went with that."""
        for exec_id in self._state.shells:
            found = await client.exec(exec_id)
            if found is not None and found["Running"] and found["Pid"]:
                send([found["Pid"], *tree.descendants(found["Pid"])], signal.SIGKILL)
        self._state.shells.clear()
        self._save()
