"""Turns order lines and their claimed runs into the columns of one commit. Pure."""

from collections.abc import Sequence

from gateway.domain.commit import CommitRequest
from gateway.flows.line import Line


def commit_request(lines: Sequence[Line]) -> CommitRequest:
    """The columns for `lines`, whose ids and runs are set. Lease columns name each lease once."""
    allocation_lines: list[int] = []
    allocation_seqs: list[int] = []
    allocation_leases: list[int] = []
    epochs: dict[int, int] = {}
    seqs: list[str | None] = []
    for number, line in enumerate(lines, 1):
        if line.runs is None:
            seqs.append(None)
            continue
        own: list[int] = []
        for lease_id, epoch, seq_lo, count in line.runs:
            epochs[lease_id] = epoch
            own.extend(range(seq_lo, seq_lo + count))
            allocation_leases.extend([lease_id] * count)
        allocation_lines.extend([number] * len(own))
        allocation_seqs.extend(own)
        seqs.append("{" + ",".join(map(str, own)) + "}")
    attempts = [line.attempt for line in lines]
    return CommitRequest(
        lines=(
            [line.partner_id for line in lines],
            [line.order_id for line in lines],
            [line.out_order_no for line in lines],
            [line.content_hash for line in lines],
            [line.sku.id for line in lines],
            [line.quantity for line in lines],
            [line.amount_minor for line in lines],
            [line.sku.pool_id for line in lines],
            seqs,
            [line.account for line in lines],
            [line.metadata for line in lines],
            [line.details for line in lines],
            [line.buyer_id for line in lines],
            [line.limit for line in lines],
            [line.notify for line in lines],
            [line.notify_url for line in lines],
        ),
        attempts=(
            [None if plan is None else plan.attempt_id for plan in attempts],
            [None if plan is None else plan.upstream_id for plan in attempts],
            [None if plan is None else plan.product_id for plan in attempts],
            [None if plan is None else plan.cost_max_minor for plan in attempts],
            [None if plan is None else plan.face_minor for plan in attempts],
        ),
        allocations=(allocation_lines, allocation_seqs, allocation_leases),
        leases=(list(epochs), list(epochs.values())),
    )
