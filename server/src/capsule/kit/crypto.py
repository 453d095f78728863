"""Encrypt short values with a key file (AES-256-GCM), and hash tokens. Knows nothing of what they mean."""

import base64
import hashlib
import os
import secrets
from pathlib import Path

_NONCE_BYTES = 12
_KEY_BYTES = 32
_VERSION = "v1:"


class CannotDecrypt(Exception):
    """The key is another one, or the value was changed or moved. Not expected, so not a PlatformError."""


class SecretBox:
    """Encrypts and decrypts values with one key; `context` binds a value to the row it belongs to."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)

    @classmethod
    def open(cls, key_file: Path) -> "SecretBox":
        """Read the key file, making it (mode 0600) on first use."""
        return cls(_read_or_make_key(key_file))

    def encrypt(self, value: str, *, context: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, value.encode(), context.encode())
        return _VERSION + base64.b64encode(nonce + sealed).decode()

    def decrypt(self, token: str, *, context: str) -> str:
        """Return what was encrypted under the same context. Raises CannotDecrypt."""
        from cryptography.exceptions import InvalidTag

        if not token.startswith(_VERSION):
            raise CannotDecrypt(f"Unknown format of an encrypted value ({context}).")
        raw = base64.b64decode(token.removeprefix(_VERSION))
        try:
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode()).decode()
        except InvalidTag as exc:
            raise CannotDecrypt(f"The value does not fit the key file ({context}).") from exc


def token_hash(token: str) -> str:
    """Return what is stored of a token. Tokens are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _read_or_make_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        # Written apart and linked, so that two processes starting at once agree on one key.
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{path} is not a key file of {_KEY_BYTES} bytes; restore it from a backup.")
    return key
