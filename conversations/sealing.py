"""Sealing: bytes that only the holder of the store's key can read."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from conversations.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_NAME = "BRANDVOICE_STORE_KEY"


class Sealing:
    """Encrypts with a key of `brandvoice slack key` (Fernet: AES-128-CBC with an HMAC); without a key, nothing."""

    def __init__(self, key: str | None) -> None:
        self._fernet = _fernet(key) if key else None

    @property
    def seals(self) -> bool:
        return self._fernet is not None

    def seal(self, content: bytes) -> bytes:
        return self._fernet.encrypt(content) if self._fernet else content

    def open(self, content: bytes, *, sealed: bool) -> bytes:
        """What was sealed. Raises `SettingsError` where the key is missing or another one."""
        if not sealed:
            return content
        if self._fernet is None:
            raise SettingsError(f"This was encrypted when it was kept. Set {KEY_NAME} to the key of that time.")
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(content)
        except InvalidToken as error:
            raise SettingsError(f"This cannot be read with {KEY_NAME}. Set the key it was encrypted with.") from error


def packed(value: Any, sealing: Sealing, *, sealed: bool) -> bytes:
    """JSON made small, and sealed where it has to be."""
    plain = zlib.compress(json.dumps(value, ensure_ascii=True).encode())
    return sealing.seal(plain) if sealed else plain


def unpacked(content: bytes, sealing: Sealing, *, sealed: bool) -> Any:
    """What was packed. Raises `SettingsError` where the key is missing or another one."""
    return json.loads(zlib.decompress(sealing.open(content, sealed=sealed)))


def _fernet(key: str) -> Fernet:
    try:
        from cryptography.fernet import Fernet
    except ImportError as error:
        raise SettingsError(
            f"{KEY_NAME} is set, and the library that encrypts is not installed. Run: pip install 'brandvoice[sealed]'"
        ) from error
    try:
        return Fernet(key)
    except ValueError as error:
        raise SettingsError(
            f"{KEY_NAME} is not a key of 32 bytes in url-safe base64. `brandvoice slack key` makes one."
        ) from error
