"""Imports of uploaded files: how far they are, and what their lines came to."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta, field

from gateway.codes.upload_administration import SQL
from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit, Number
from gateway.ground.desk.port import At, no_row
from gateway.ground.desk.view import Column, Page, SortKey, View

IMPORT: Final = Noun(name="import", plural="imports", zh="导入", en="Import")
TEXTS: Final = ("verdicts", "warnings", "error", "given")


class State(StrEnum):
    """How far it is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Imports(Given, frozen=True, kw_only=True):
    """Which imports."""

    pool: Annotated[str | None, Meta(description="Only into this pool.")] = None
    state: Annotated[State | None, Meta(description="Only in this state.")] = None
    cursor: Cursor = None
    limit: Limit = 50


class OneImport(Given, frozen=True, kw_only=True):
    """An import there is."""

    import_: Annotated[Number, Meta(description="Its number.")] = field(name="import")


async def show_import(at: At, given: OneImport) -> Mapping[str, Any]:
    """One import with its progress and verdicts; never a code of it. Raises DeskRefusedError."""
    number = given.import_
    row = await SQL.show_import.one(at.db, int(number))
    if row is None:
        raise no_row("import", "import", number)
    found: dict[str, Any] = dict(row)
    for name in TEXTS:
        found[name] = None if found[name] is None else json.loads(found[name])
    verdicts = found["verdicts"] or {}
    found["verdicts"] = verdicts.get("lines", [])
    found["counts"] = verdicts.get("counts", {})
    found["verdicts_more"] = verdicts.get("more", 0)
    found["progress"] = {"done": found.pop("bytes_done"), "total": found["size"], "unit": "bytes"}
    return found


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=IMPORT,
        verb="list",
        doc="Uploaded files of codes, the newest first.",
        given=Imports,
        example="GET /admin/v1/imports?state=failed",
        permission="imports:read",
        columns=(
            Column(name="import", kind="id", zh="编号", en="Import"),
            Column(name="pool", kind="id", zh="卡密池", en="Pool"),
            Column(name="file", kind="text", zh="文件", en="File"),
            Column(name="state", kind="text", zh="状态", en="State", values=tuple(State)),
            Column(name="dry_run", kind="flag", zh="试运行", en="Dry run"),
            Column(name="size", kind="number", zh="大小", en="Size", unit="bytes"),
            Column(name="bytes_done", kind="number", zh="已处理", en="Done", unit="bytes"),
            Column(name="imported", kind="number", zh="入库", en="Imported", unit="codes"),
            Column(name="duplicates", kind="number", zh="重复", en="Duplicates", unit="codes"),
            Column(name="rejected", kind="number", zh="拒收", en="Rejected", unit="lines"),
            Column(name="batch", kind="id", zh="批次", en="Batch"),
            Column(name="error", kind="json", zh="错误", en="Error"),
            Column(name="made_by", kind="text", zh="操作人", en="Uploaded by"),
            Column(name="created_at", kind="time", zh="上传时间", en="Uploaded"),
            Column(name="started_at", kind="time", zh="开始时间", en="Begun"),
            Column(name="ended_at", kind="time", zh="结束时间", en="Ended"),
        ),
        sort=(SortKey(columns=("id",), index="code_import_pkey", descending=True),),
        statement=SQL.list_imports,
        rows_as="imports",
        cursor="import",
        at_shell=False,
    ),
    Page(
        noun=IMPORT,
        verb="show",
        doc="One import: progress, verdicts (how many of each, and the first 200 lines that were"
        " not taken, without codes), and what stands in its way.",
        given=OneImport,
        example="GET /admin/v1/imports/7",
        permission="imports:read",
        read=show_import,
        at_shell=False,
    ),
)
