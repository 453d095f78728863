import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Plain modules beside the tests; import mode importlib does not put them on the path.
sys.path.insert(0, str(Path(__file__).parent / "shared"))


@pytest.fixture(scope="session")
def docker_daemon() -> Iterator[Path]:
    """Socket of a Docker daemon, also for installations that are started; skips where there is none."""
    from docker_daemon import NoDocker, running_daemon

    try:
        with running_daemon() as socket, pytest.MonkeyPatch.context() as patch:
            patch.setenv("DOCKER_HOST", f"unix://{socket}")
            yield socket
    except NoDocker as exc:
        pytest.skip(f"no containers here: {exc}")


@pytest.fixture(scope="session")
def python_base(docker_daemon: Path) -> str:
    """Reference of an image with Python 3."""
    from docker_daemon import needs_bases

    return needs_bases("python:3.11-slim")["python:3.11-slim"]


@pytest.fixture(scope="session")
def enterable_base(python_base: str) -> str:
    """The same, where processes can be started in a container that runs."""
    from docker_daemon import can_be_entered

    if not can_be_entered(python_base):
        pytest.skip("the Docker daemon cannot enter its containers here")
    return python_base


@pytest.fixture(scope="session")
def nonroot_image(python_base: str) -> str:
    """Reference of an image that runs as the user 1000."""
    from docker_daemon import make_image

    return make_image("capsule-base/test-nonroot:1", f"FROM {python_base}\nUSER 1000:1000\n")


@pytest.fixture(scope="session")
def volume_image(python_base: str) -> str:
    """Reference of an image that asks for a volume."""
    from docker_daemon import make_image

    return make_image("capsule-base/test-volume:1", f"FROM {python_base}\nVOLUME /kept\n")
