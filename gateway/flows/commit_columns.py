"""Turns order lines and their claimed runs into the columns of one commit. Pure.

Columns of numbers and of checked names travel as array literals in text, which costs a
third of encoding them element by element; a column without any value travels empty, and
SQL's unnest fills it with NULLs.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from gateway.domain.commit import CommitRequest
from gateway.flows.line import Line

T = TypeVar("T")


def commit_request(lines: Sequence[Line]) -> CommitRequest:
    """The columns for `lines`, whose ids and runs are set. Lease columns name each lease once."""
    allocation_lines: list[int] = []
    allocation_seqs: list[int] = []
    allocation_leases: list[int] = []
    epochs: dict[int, int] = {}
    firsts: list[int | str] = []
    for number, line in enumerate(lines, 1):
        if line.runs is None:
            firsts.append("NULL")
            continue
        firsts.append(len(allocation_seqs) + 1)
        for lease_id, epoch, seq_lo, count in line.runs:
            epochs[lease_id] = epoch
            allocation_seqs.extend(range(seq_lo, seq_lo + count))
            allocation_leases.extend([lease_id] * count)
        allocation_lines.extend([number] * line.quantity)
    attempts = [line.attempt for line in lines]
    return CommitRequest(
        lines=(
            _numbers(line.partner_id for line in lines),
            _numbers(line.order_id for line in lines),
            # Order numbers are of [A-Za-z0-9._:-]: quoted, nothing in them needs an escape.
            '{"' + '","'.join([line.out_order_no for line in lines]) + '"}',
            '{"\\\\x' + '","\\\\x'.join([line.content_hash.hex() for line in lines]) + '"}',
            _numbers(line.sku.id for line in lines),
            _numbers(line.quantity for line in lines),
            _numbers(line.amount_minor for line in lines),
            _numbers("NULL" if line.sku.pool_id is None else line.sku.pool_id for line in lines),
            _numbers(firsts),
            _column([line.account for line in lines]),
            _column([line.metadata for line in lines]),
            _column([line.details for line in lines]),
            _column([line.buyer_id for line in lines]),
            _numbers("NULL" if line.limit is None else line.limit for line in lines),
            _column([line.notify or None for line in lines]),
            _column([line.notify_url for line in lines]),
        ),
        attempts=(
            _column([None if plan is None else plan.attempt_id for plan in attempts]),
            _column([None if plan is None else plan.upstream_id for plan in attempts]),
            _column([None if plan is None else plan.product_id for plan in attempts]),
            _column([None if plan is None else plan.cost_max_minor for plan in attempts]),
            _column([None if plan is None else plan.face_minor for plan in attempts]),
        ),
        allocations=(
            _numbers(allocation_lines),
            _numbers(allocation_seqs),
            _numbers(allocation_leases),
        ),
        leases=(_numbers(epochs), _numbers(epochs.values())),
    )


def _numbers(values: Iterable[int | str]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _column(values: list[T | None]) -> list[T | None]:
    """The column, or nothing when nobody gave a value."""
    return values if any(value is not None for value in values) else []
