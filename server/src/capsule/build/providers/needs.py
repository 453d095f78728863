"""Ask the machine for a program, and say how to get it when it is not there."""

from capsule.build.providers.contract import Unplannable
from capsule.build.toolchain import Toolchain
from capsule.build.tools import Tool, known_tool


def needed(toolchain: Toolchain, name: str, why: str) -> Tool:
    """Return the tool `name`. Raises Unplannable, with the package to install, when it is missing."""
    tool = toolchain.tool(name)
    if tool is None:
        known = known_tool(name)
        raise Unplannable(
            f"{why}, and this machine has no `{known.program}`.",
            hint=f"On the machine: apt-get install {known.package}, then start the platform again. "
            "`capsule doctor` lists what is there.",
        )
    return tool


def needed_node(toolchain: Toolchain, why: str) -> Tool:
    """Return Node. Raises Unplannable when this machine has none."""
    node = toolchain.tool("node")
    if node is None:
        raise Unplannable(
            f"{why}, and this machine has none.",
            hint="Install the package `nodejs` (and `npm`) on the machine; see `capsule doctor`.",
        )
    return node
