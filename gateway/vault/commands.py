"""`quangate keys`: the key file. (`quangate key` is about partners' API keys.)"""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.command.whence import noting
from gateway.ground.desk.opening import Desk, open_desk, open_vault
from gateway.ground.errors import RefusedError

if TYPE_CHECKING:
    from gateway.ground.native import Vault

app = room("The key file: the keys that encrypt every other key.")


@command(app, "create", example="quangate keys create --data first --database-url $URL")
async def create(call: Call) -> Answer:
    """Make the key file of a new shop before its first start, to give it to every node.

    Refused where there is one, or where the database holds what another one wrapped.
    """
    config = call.quiet_config()
    path = config.data / "kek"
    if path.exists():
        raise RefusedError("already-exists", f"{path} is there already; it was left as it is")
    async with open_desk(call) as desk, desk.transaction() as db:
        vault = await open_vault(desk.config, db)
        current = vault.kek_ids()[0]
        await noting("keys.create", current, {})(db, {"current": current})
    return Answer(
        data={"key_file": str(path), "current": current},
        note=f"Keep copies of {path} apart from the database's backups.",
    )


@command(app, "show", example="quangate keys show")
async def show(call: Call) -> Answer:
    """The keys of the key file and how many things each one wraps."""
    from gateway.vault import rotate as kek

    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        vault = await open_vault(desk.config, db)
        in_use = await kek.keys_in_use(vault, db)
    current, known = vault.kek_ids()
    rows = [
        {"kek": key_id, "current": key_id == current, "in_file": key_id in known, "wraps": wraps}
        for key_id, wraps in in_use.items()
    ]
    return Answer(data={"current": current, "keys": rows})


@command(app, "rotate", example="quangate keys rotate")
async def rotate(
    call: Call,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish an interrupted rotation: make no new key.")
    ] = False,
) -> Answer:
    """Make a new current key and wrap everything under it; codes are not touched.

    Running gateways follow by themselves. Back the key file up afterwards.
    """
    async with open_desk(call) as desk:
        async with desk.transaction() as db:
            vault = await open_vault(desk.config, db)
            before, _ = vault.kek_ids()
            current = before if resume else vault.rotate_kek()
            await noting("keys.rotate", current, {"resume": resume})(db, {"current": current})
        moved = await _rewrap(desk, vault)
    note = f"Back up {desk.config.data / 'kek'} now."
    if not resume:
        note += f" When the backups of old databases are gone: quangate keys retire {before}"
    return Answer(data={"current": current, "rewrapped": moved}, note=note)


@command(app, "retire", example="quangate keys retire k1")
async def retire(
    call: Call,
    key_id: Annotated[str, typer.Argument(metavar="KEK", help="As `keys show` has it.")],
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why; kept with the change.")
    ] = None,
) -> Answer:
    """Take a key that wraps nothing any more out of the key file."""
    from gateway.vault import rotate as kek

    async with open_desk(call) as desk, desk.transaction() as db:
        vault = await open_vault(desk.config, db)
        # Before the file changes, which nothing takes back; a refusal takes this back.
        note = noting("keys.retire", key_id, {"key_id": key_id}, reason)
        await note(db, {"retired": key_id})
        return Answer(data=await kek.retire(vault, db, key_id))


async def _rewrap(desk: Desk, vault: "Vault") -> int:
    """Wrap everything under the current key, with a progress bar on a terminal's stderr."""
    from rich.console import Console
    from rich.progress import Progress

    from gateway.vault import rotate as kek

    async with desk.transaction(read_only=True) as db:
        total = await kek.count_wrapped(db)
    moved = 0
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("rewrapping", total=total)
        async for seen, moved_here in kek.rewrap_all(vault, desk.transaction):
            moved += moved_here
            progress.advance(task, seen)
    return moved
