"""The vault of a shop, opened so that it fails closed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

from gateway.ground.native import Vault
from gateway.ground.native_errors import KeyMissing, VaultError
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.embedded import make_data_directory

KEY_FILE = "kek"


class SomeSecrets(TypedDict):
    """A wrapped secret of each kind, the oldest, where there is one."""

    partner: bytes | None
    upstream: bytes | None
    operator: bytes | None
    batch: bytes | None


class SQL(Statements, file="ground/vault"):
    """What a key file is held against."""

    holds_secrets: Statement[[], bool]
    some_secrets: Statement[[], SomeSecrets]


async def holds_secrets(connection: Any) -> bool:
    """Whether anything in the database is wrapped under a key file."""
    return await SQL.holds_secrets.only(connection)


def check_key_file(data: Path, key_file: Path | None = None) -> None:
    """That the key file can be used, if there is one: before anything is made beside it.

    `key_file`: another than `<data>/kek`. Raises VaultError.
    """
    path = key_file or data / KEY_FILE
    if path.exists():
        Vault.open(str(path), create=False)


async def open_vault(data: Path, connection: Any, key_file: Path | None = None) -> Vault:
    """The vault over `key_file` (`<data>/kek`), made only for a database without secrets.

    A new key file beside secrets that it cannot open would hide the loss until the first
    order; so that is KeyMissing, at once. So is a key file that opens nothing of what is here:
    whatever it wrapped would stop every gateway. `connection` is asyncpg's, or its pool.
    """
    path = key_file or data / KEY_FILE
    if path.exists():
        vault = Vault.open(str(path), create=False)
        await _check_opens(vault, path, connection)
        return vault
    with unreachable_is_unavailable():
        some = await holds_secrets(connection)
    if some:
        raise KeyMissing(
            f"the key file {path} is missing, and this database holds secrets that only it opens. "
            "Put the file back from its backup, or name it with --kek."
        )
    make_data_directory(data)
    return Vault.open(str(path))


async def _check_opens(vault: Vault, path: Path, connection: Any) -> None:
    """That the key file holds a key of one of this database's secrets, if there are any.

    One that is whole is enough: a shop with a secret that does not open must stay mendable.
    """
    with unreachable_is_unavailable():
        some = await SQL.some_secrets.only(connection)
    wrapped_under = {
        kek_id
        for read, blob in (
            (vault.secret_kek_id, some["partner"]),
            (vault.secret_kek_id, some["upstream"]),
            (vault.secret_kek_id, some["operator"]),
            (vault.dek_kek_id, some["batch"]),
        )
        if blob is not None and (kek_id := _kek_id(read, blob)) is not None
    }
    if wrapped_under and wrapped_under.isdisjoint(vault.kek_ids()[1]):
        raise KeyMissing(
            f"the key file {path} does not hold {', '.join(sorted(wrapped_under))}, under which "
            "this database's secrets are wrapped: it is another shop's, or an old one; nothing was "
            "changed. Put the file back from its backup, or name it with --kek."
        )


def _kek_id(read: Callable[[bytes], str], blob: bytes) -> str | None:
    """The key a secret needs, or None when it is damaged: that says nothing about the file."""
    try:
        return read(blob)
    except VaultError:
        return None
