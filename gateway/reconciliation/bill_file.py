"""Reads the bill of a platform that lists nothing by API: a CSV file the operator exports.

Columns by name, in any order; others are ignored: `our_no` (the number we sent; may be empty),
`upstream_no`, `state` (see STATES), and the charged sum either as `amount` in minor units (分) or
as `amount_yuan` (49.80). Optional for what was not done in full: `delivered` pieces, and what of
the charged sum came back, as `refunded` or `refunded_yuan`. UTF-8 or GB18030.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

from connectors.contract import AnswerKind
from gateway.ground.desk.refusal import refused
from gateway.reconciliation.rules import TheirRow

FILE_BYTES_MAX: Final = 268_435_456
REQUIRED: Final = ("our_no", "state")

# Plain digits: Decimal itself takes much more.
_YUAN: Final = re.compile(r"[0-9]{1,14}(\.[0-9]{1,2}0{0,8})?").fullmatch
_K: Final = AnswerKind
STATES: Final[Mapping[str, AnswerKind]] = {
    "success": _K.SUCCESS, "succeeded": _K.SUCCESS, "delivered": _K.SUCCESS, "成功": _K.SUCCESS,
    "partial": _K.PARTIAL, "部分成功": _K.PARTIAL,
    "processing": _K.PROCESSING, "处理中": _K.PROCESSING, "充值中": _K.PROCESSING,
    "failed": _K.FAILED, "rejected": _K.FAILED, "失败": _K.FAILED,
    "cancelled": _K.CANCELLED, "canceled": _K.CANCELLED, "取消": _K.CANCELLED,
    "reversed": _K.REVERSED, "refunded": _K.REVERSED, "已退款": _K.REVERSED, "退款": _K.REVERSED,
}  # fmt: skip


def read_bill_file(path: Path) -> list[TheirRow]:
    """All rows; raises RefusedError that names the first wrong line."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise refused(
                "invalid-file", "bill-too-large", "file", path=str(path), most=FILE_BYTES_MAX
            )
        content = path.read_bytes()
    except OSError as error:
        raise refused(
            "no-such-file", "bill-unreadable", "file", path=str(path), detail=error.strerror
        ) from None
    return list(read_rows(_decode(content)))


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refused("invalid-file", "bill-encoding", "file")


def read_rows(text: str) -> Iterator[TheirRow]:
    """The rows of a CSV text; raises RefusedError that names the first wrong line."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise refused("invalid-file", "bill-columns", "file", missing=", ".join(missing))
    reader.fieldnames = names
    for members in reader:
        if any(value for value in members.values()):
            yield _row(reader.line_num, members)


def _row(line: int, members: Mapping[str, str | None]) -> TheirRow:
    word = (members.get("state") or "").strip().lower()
    if word not in STATES:
        raise refused("invalid-file", "bill-state", "file", line=line, value=word)
    return TheirRow(
        our_no=(members.get("our_no") or "").strip() or None,
        upstream_no=(members.get("upstream_no") or "").strip() or None,
        kind=STATES[word],
        amount_minor=_sum_minor(line, "amount", members),
        refunded_minor=_sum_minor(line, "refunded", members),
        delivered_quantity=_whole(line, "delivered", members.get("delivered")),
    )


def _sum_minor(line: int, name: str, members: Mapping[str, str | None]) -> int | None:
    """A sum as `name` in minor units, or as `name_yuan`."""
    yuan = (members.get(f"{name}_yuan") or "").strip()
    if not yuan:
        return _whole(line, name, members.get(name))
    if _YUAN(yuan):
        return int(Decimal(yuan).scaleb(2))
    raise refused("invalid-file", "bill-yuan", "file", line=line, column=f"{name}_yuan", value=yuan)


def _whole(line: int, name: str, text: str | None) -> int | None:
    text = (text or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        raise refused("invalid-file", "bill-sum", "file", line=line, column=name, value=text)
    return int(text)
