"""Encryption of short values with a key file."""

from pathlib import Path

import pytest

from capsule.kit.crypto import CannotDecrypt, SecretBox, token_hash


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "secret.key"


def test_key_file_is_made_once_and_for_its_owner_only(key_file: Path) -> None:
    sealed = SecretBox.open(key_file).encrypt("värde", context="a")
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert key_file.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in key_file.parent.iterdir()] == ["secret.key"]
    assert SecretBox.open(key_file).decrypt(sealed, context="a") == "värde"


def test_same_value_looks_different_each_time(key_file: Path) -> None:
    box = SecretBox.open(key_file)
    assert box.encrypt("x", context="a") != box.encrypt("x", context="a")


def test_value_moved_to_another_row_is_refused(key_file: Path) -> None:
    box = SecretBox.open(key_file)
    with pytest.raises(CannotDecrypt):
        box.decrypt(box.encrypt("x", context="secret:a"), context="secret:b")


def test_changed_value_is_refused(key_file: Path) -> None:
    box = SecretBox.open(key_file)
    sealed = box.encrypt("value", context="a")
    changed = sealed[:10] + ("A" if sealed[10] != "A" else "B") + sealed[11:]
    with pytest.raises(CannotDecrypt):
        box.decrypt(changed, context="a")
    with pytest.raises(CannotDecrypt, match="format"):
        box.decrypt("plain", context="a")


def test_damaged_key_file_is_told(key_file: Path) -> None:
    key_file.parent.mkdir()
    key_file.write_bytes(b"short")
    with pytest.raises(ValueError, match="restore it"):
        SecretBox.open(key_file)


def test_token_hash_is_the_same_for_the_same_token() -> None:
    assert token_hash("a") == token_hash("a") != token_hash("b")
