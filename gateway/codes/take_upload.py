"""Takes an uploaded file of codes in: sealed, queued, bounded; a worker imports it."""

from collections.abc import Mapping
from typing import Any

from gateway.codes.upload_administration import SQL
from gateway.codes.upload_rows import OPEN_MAX, OPEN_PER_OPERATOR_MAX
from gateway.ground.desk.action import Change
from gateway.ground.desk.perform import as_json
from gateway.ground.desk.port import Transaction, not_found
from gateway.ground.desk.refusal import refused, wrong
from gateway.ground.desk.upload import Upload


async def take_upload(
    db: Transaction, pool: str, given: Mapping[str, Any], upload: Upload, change: Change
) -> dict[str, Any]:
    """Queue it. Refused where too many wait already: an operator has a share, and all have a bound.

    `given` is how it is to be read, and whether it is a dry run.
    """
    found = await SQL.pool_of_import.one(db, pool)
    if found is None:
        raise not_found("pool", pool)
    if found["purchased"]:
        raise wrong("pool-bought", "pool")
    await SQL.hold_imports.run(db)
    waiting = await SQL.open_imports.only(db, change.actor)
    if waiting["own"] >= OPEN_PER_OPERATOR_MAX or waiting["together"] >= OPEN_MAX:
        raise refused("too-many-imports", "too-many-imports", "file", own=waiting["own"])
    number = await SQL.insert_import.only(
        db, found["id"], upload.name, upload.size, as_json(given), bool(given["dry_run"]),
        change.actor, change.person, change.whence, as_json(change.how), change.reason,
    )  # fmt: skip
    for n, piece in enumerate(upload.pieces):
        await SQL.insert_piece.run(db, number, n, piece)
    await SQL.announce_import.run(db)
    return {"import": str(number)}
