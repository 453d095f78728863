"""Pack the `cpsl` that this installation runs into a wheel, so that builds install the platform's own SDK.

The registries hold a foreign package of that name; no index is ever asked for it. Works the same for an
installed SDK and for one that runs from its source folder, and needs no build backend.
"""

import base64
import hashlib
import importlib.metadata
import importlib.util
import os
import zipfile
from pathlib import Path

from capsule.errors import Unavailable

_EPOCH = (2020, 1, 1, 0, 0, 0)
_METADATA = ("Metadata-Version", "Name", "Version", "Requires-Python", "Summary")


def pack_sdk(folder: Path) -> tuple[Path, str]:
    """Return the wheel under `folder` and its digest, packing it when the SDK has changed.

    Raises Unavailable when `cpsl` is not installed beside the platform.
    """
    spec = importlib.util.find_spec("cpsl")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable("The platform's SDK `cpsl` is missing.", hint="make setup")
    package = Path(next(iter(spec.submodule_search_locations)))
    files = {f"cpsl/{path.relative_to(package).as_posix()}": path.read_bytes() for path in _sources(package)}
    version = importlib.metadata.version("cpsl")
    info = f"cpsl-{version}.dist-info"
    files[f"{info}/METADATA"] = _metadata().encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: capsule\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{info}/entry_points.txt"] = _entry_points().encode()
    digest = _digest(files)
    wheel = folder / digest[:16] / f"cpsl-{version}-py3-none-any.whl"
    if not wheel.exists():
        _write(wheel, files, info)
    return wheel, digest


def _sources(package: Path) -> list[Path]:
    return sorted(
        path
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )


def _metadata() -> str:
    known = importlib.metadata.metadata("cpsl")
    lines = [f"{key}: {known[key]}" for key in _METADATA if key in known]
    lines += [f"Requires-Dist: {line}" for line in importlib.metadata.requires("cpsl") or ()]
    lines += [f"Provides-Extra: {name}" for name in known.get_all("Provides-Extra") or ()]
    return "\n".join(lines) + "\n"


def _entry_points() -> str:
    scripts = importlib.metadata.distribution("cpsl").entry_points.select(group="console_scripts")
    return "[console_scripts]\n" + "".join(f"{script.name} = {script.value}\n" for script in scripts)


def _digest(files: dict[str, bytes]) -> str:
    total = hashlib.sha256()
    for name, content in sorted(files.items()):
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def _write(wheel: Path, files: dict[str, bytes], info: str) -> None:
    wheel.parent.mkdir(parents=True, exist_ok=True)
    partial = wheel.with_suffix(f".{os.getpid()}.partial")
    record = []
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(files.items()):
            packed.writestr(_member(name), content)
            checksum = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={checksum},{len(content)}")
        packed.writestr(_member(f"{info}/RECORD"), "\n".join([*record, f"{info}/RECORD,,"]) + "\n")
    partial.chmod(0o644)
    partial.rename(wheel)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.external_attr = 0o644 << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    return member
