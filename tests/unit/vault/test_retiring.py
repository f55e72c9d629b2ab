"""Whether a key may be retired is judged by the key file, not by what a worker knew of it."""

from pathlib import Path
from typing import Any

import pytest

from gateway.ground.desk.port import At, Secrecy
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.native import Vault
from gateway.vault.administer import look_retire


class NoTransaction:
    """Nothing of this is asked of the database."""


def secrecy_of(vault: Vault) -> Secrecy:
    """With its keys alone."""
    nothing: Any = None
    return Secrecy(
        keys=vault, wrap=nothing, open=nothing, new_partner_secrets=nothing,
        new_webhook_secret=nothing,
    )  # fmt: skip


async def test_a_key_that_another_process_made_is_known(tmp_path: Path) -> None:
    """In use, not unknown. Seen red: `not-found`, until the worker met something wrapped by it."""
    workers = Vault.open(str(tmp_path / "kek"))
    current = Vault.open(str(tmp_path / "kek"), create=False).rotate_kek()
    db: Any = NoTransaction()
    at = At(db=db, vault=secrecy_of(workers), person="root")
    with pytest.raises(DeskRefusedError) as told:
        await look_retire(at, current)
    assert told.value.code == "key-in-use"
