"""Which server and token are used, and that the saved login stays private."""

import json
import stat
from pathlib import Path

import pytest

from cpsl import _config
from cpsl._config import Login


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"CONFIG_PATH": str(tmp_path / "config.ini"), "CAPSULE_DATA": str(tmp_path / "data")}


def leave_local(env: dict[str, str]) -> None:
    path = _config.local_login_path(env)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"url": "http://localhost:9000/", "token": "local"}))


def test_nothing_known_is_none(env: dict[str, str]) -> None:
    assert _config.resolve(env=env) is None
    assert _config.forget(env) is False


def test_a_saved_login_comes_back_and_only_its_owner_reads_it(env: dict[str, str]) -> None:
    path = _config.save(Login("http://a", "t", "main"), env)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _config.resolve(env=env) == Login("http://a", "t", "main", "saved")
    _config.save(Login("http://b", "t%2", None), env)
    assert _config.load_saved(env) == Login("http://b", "t%2")
    assert _config.forget(env) is True
    assert _config.load_saved(env) is None


def test_the_local_installation_is_used_when_nothing_was_saved(env: dict[str, str]) -> None:
    leave_local(env)
    assert _config.resolve(env=env) == Login("http://localhost:9000", "local", origin="local")
    _config.save(Login("http://far", "t"), env)
    assert _config.resolve(env=env) == Login("http://far", "t")


def test_naming_a_server_never_sends_it_a_foreign_token(env: dict[str, str]) -> None:
    leave_local(env)
    _config.save(Login("http://far", "far-token", "main"), env)
    assert _config.resolve(url="http://stranger", env=env) is None
    assert _config.resolve(url="localhost:9000", env=env) == Login(
        "http://localhost:9000", "local", None, "argument"
    )
    assert _config.resolve(env={**env, "CAPSULE_URL": "http://far/"}) == Login(
        "http://far", "far-token", "main", "environment"
    )


def test_a_given_token_wins(env: dict[str, str]) -> None:
    _config.save(Login("http://far", "far-token", "main"), env)
    assert _config.resolve(token="mine", env=env) == Login("http://far", "mine", "main")
    found = _config.resolve(env={**env, "CAPSULE_TOKEN": "e", "CAPSULE_HTTP_URL": "http://other"})
    assert found == Login("http://other", "e", None, "environment")


def test_a_broken_file_is_no_login(env: dict[str, str]) -> None:
    _config.config_path(env).write_text("no section\n= =\n")
    assert _config.resolve(env=env) is None
    assert _config.save(Login("http://a", "t"), env).exists()
