"""What operators do with the key file: made, looked at, rotated, keys that wrap nothing retired."""

from collections.abc import Mapping
from typing import Any

from gateway.ground.desk.job import Site
from gateway.ground.desk.opening import Desk, open_vault
from gateway.ground.desk.port import At
from gateway.ground.desk.refusal import refused
from gateway.ground.native import Vault
from gateway.vault import rotate as kek


async def create(site: Site) -> Mapping[str, Any]:
    """Make the key file of a new shop. Raises RefusedError where there is one."""
    path = site.config.key_file
    if path.exists():
        raise refused("already-exists", "key-file-there", path=str(path))
    async with site.open() as desk, desk.transaction() as db:
        vault = await open_vault(desk.config, db)
        current = vault.kek_ids()[0]
        await site.note(db, {"current": current})
    site.asker.advise(f"Keep copies of {path} apart from the database's backups.")
    return {"key_file": str(path), "current": current}


async def show(at: At) -> Mapping[str, Any]:
    """The keys of the key file, and of the database, and how many things each one wraps."""
    vault = _as_the_file_is(at)
    current, known = vault.kek_ids()
    rows = [
        {"kek": key_id, "current": key_id == current, "in_file": key_id in known, "wraps": wraps}
        for key_id, wraps in (await kek.keys_in_use(vault, at.db)).items()
    ]
    return {"current": current, "keys": rows}


async def rotate(site: Site, *, resume: bool, keys_of: str | None = None) -> Mapping[str, Any]:
    """Make a new current key, unless `resume`, and wrap everything under the current one.

    `keys_of`: another key file, whose keys open things here too; none of them is taken over.
    """
    async with site.open() as desk:
        async with desk.transaction() as db:
            vault = await open_vault(desk.config, db)
            if keys_of is not None:
                vault.lend(keys_of)
            before, _ = vault.kek_ids()
            current = before if resume else vault.rotate_kek()
            await site.note(db, {"current": current})
        moved = await _rewrap(site, desk, vault)
    advice = f"Back up {site.config.key_file} now."
    if not resume:
        advice += f" When the backups of old databases are gone: quangate keys retire {before}"
    site.asker.advise(advice)
    return {"current": current, "rewrapped": moved}


async def retire(site: Site, key_id: str) -> Mapping[str, Any]:
    """Take a key that wraps nothing any more out of the key file.

    Killed between the file and the commit it leaves no row of it; the key is out nevertheless.
    """
    async with site.open() as desk, desk.transaction() as db:
        vault = await open_vault(desk.config, db)
        # Before the file changes, which nothing takes back; a refusal takes this back.
        await site.note(db, {"retired": key_id})
        return await kek.retire(vault, db, key_id)


async def look_retire(at: At, key_id: str) -> None:
    """Refused as `retire` is; nothing is done."""
    await kek.look_retire(_as_the_file_is(at), at.db, key_id)


def _as_the_file_is(at: At) -> kek.KeyVault:
    """A worker's own keys are those of when it last met one it did not know."""
    vault: kek.KeyVault = at.secrecy.keys
    vault.reload()
    return vault


async def _rewrap(site: Site, desk: Desk, vault: Vault) -> int:
    async with desk.transaction(read_only=True) as db:
        total = await kek.count_wrapped(db)
    looked_at = moved = 0
    with site.asker.progress("rewrapping", total) as tell:
        async for seen, moved_here in kek.rewrap_all(vault, desk.transaction):
            looked_at += seen
            moved += moved_here
            tell(looked_at)
    return moved
