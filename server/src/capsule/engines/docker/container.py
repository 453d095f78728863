"""Say how the container of a replica is made: limits, walls, network. Makes nothing."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from capsule.docker.networks import INSTALLATION_LABEL
from capsule.engines.contract import MountMissing, ReplicaSpec

REPLICA_LABEL = "capsule.replica"
USUAL_PORT = 3000
CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETPCAP", "SETUID",
)  # fmt: skip
"""What images need that start as root and go on as somebody else, or listen below 1024. All others are
dropped: no raw sockets, no devices, no other root directory, no audit."""
_CPU_PERIOD = 100_000
_OWN_INIT = ("/init", "/sbin/init", "/usr/sbin/init", "/lib/systemd/systemd", "tini", "dumb-init")
"""Entry points that reap children themselves, some of which refuse to be anything but the first process."""
_LOG = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}}
"""Only a way station: its lines are read into telemetry."""
_DEFAULTS = {"PYTHONUNBUFFERED": "1"}
"""What is printed shall be in the log at once."""
_PLACEHOLDER = re.compile(r"\{port\}")


def check_mounts(spec: ReplicaSpec) -> None:
    """Raise MountMissing for what can be known before anything is made."""
    for mount in spec.mounts:
        if not os.path.isabs(mount.target):
            raise MountMissing(f"The mount target {mount.target!r} is not an absolute path.")
        if not Path(mount.source).is_dir():
            raise MountMissing(f"Nothing to mount at {mount.target}: {mount.source} does not exist.")


def describe(
    spec: ReplicaSpec,
    image: Mapping[str, Any],
    *,
    installation: str,
    network: str,
    ip: str,
    port: int,
    has_init: bool,
) -> dict[str, object]:
    """Return what the daemon is asked for; `image` is what it knows of the image."""
    memory = spec.limits.memory * 1024 * 1024
    env = _DEFAULTS if not any(line.startswith("PYTHONUNBUFFERED=") for line in _env_of(image)) else {}
    env = env | {name: _fill(value, port) for name, value in spec.env.items()}
    env |= {"PORT": str(port), "CAPSULE_REPLICA_ID": spec.id, "CAPSULE_MEMORY_MB": str(spec.limits.memory)}
    config: dict[str, object] = {
        "Image": spec.image,
        "Hostname": spec.id.replace("_", "-")[:60],
        "Env": [f"{name}={value}" for name, value in env.items()],
        "Labels": {INSTALLATION_LABEL: installation, REPLICA_LABEL: spec.id},
        "Healthcheck": {"Test": ["NONE"]},  # the edge asks from outside
        "HostConfig": {
            "NetworkMode": network,
            "Memory": memory,
            "MemorySwap": memory,  # both together: no swap
            "CpuPeriod": _CPU_PERIOD,
            "CpuQuota": int(spec.limits.cpu * _CPU_PERIOD),
            "PidsLimit": spec.limits.processes,
            "CapDrop": ["ALL"],
            "CapAdd": list(CAPABILITIES),
            "SecurityOpt": ["no-new-privileges:true"],
            "Init": has_init and not brings_init(image),
            "Mounts": [
                {
                    "Type": "bind",
                    "Source": mount.source,
                    "Target": mount.target,
                    "ReadOnly": mount.read_only,
                    "BindOptions": {"Propagation": "rprivate"},
                }
                for mount in spec.mounts
            ],
            "LogConfig": _LOG,
            "RestartPolicy": {"Name": "no"},  # the engine starts it again, with fresh files
        },
        "NetworkingConfig": {
            "EndpointsConfig": {
                network: {
                    "IPAMConfig": {"IPv4Address": ip},
                    "Aliases": [spec.hostname] if spec.hostname else [],
                }
            }
        },
    }
    if spec.argv:
        config["Cmd"] = [_fill(item, port) for item in spec.argv]
    return config


def brings_init(image: Mapping[str, Any]) -> bool:
    """Tell whether the image's entry point wants to be the first process."""
    first = ((image.get("Config") or {}).get("Entrypoint") or [""])[0]
    return first in _OWN_INIT or os.path.basename(first) in _OWN_INIT


def stop_signal(image: Mapping[str, Any]) -> str:
    return str((image.get("Config") or {}).get("StopSignal") or "SIGTERM")


def _env_of(image: Mapping[str, Any]) -> list[str]:
    return (image.get("Config") or {}).get("Env") or []


def _fill(text: str, port: int) -> str:
    return _PLACEHOLDER.sub(str(port), text)
