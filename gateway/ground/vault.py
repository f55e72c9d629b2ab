"""The vault of a data directory, opened so that it fails closed."""

from pathlib import Path
from typing import Any

from gateway.ground.native import Vault
from gateway.ground.native_errors import KeyMissing
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.embedded import make_data_directory
from gateway.ground.sql.named_sql import queries_of_all

KEY_FILE = "kek"


def check_key_file(data: Path) -> None:
    """That the key file can be used, if there is one: before anything is made beside it.

    Raises VaultError.
    """
    path = data / KEY_FILE
    if path.exists():
        Vault.open(str(path), create=False)


async def open_vault(data: Path, connection: Any) -> Vault:
    """The vault over `<data>/kek`, which is made only for a database without secrets.

    A new key file beside secrets that it cannot open would hide the loss until the first
    order; so that is KeyMissing, at once. `connection` is asyncpg's, or its pool.
    """
    path = data / KEY_FILE
    if path.exists():
        return Vault.open(str(path), create=False)
    with unreachable_is_unavailable():
        holds_secrets = await connection.fetchval(queries_of_all("administration")["holds_secrets"])
    if holds_secrets:
        raise KeyMissing(
            f"the key file {path} is missing, and this database holds secrets that only it opens. "
            "Put the file back from its backup, or name its directory with --data."
        )
    make_data_directory(data)
    return Vault.open(str(path))
