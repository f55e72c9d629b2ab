"""The demo's verdict: what was promised, what was seen. Pure."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gateway.demo.flash_book import FlashVerdict
from gateway.demo.tally import Tally
from gateway.demo.topups import TopUpVerdict

if TYPE_CHECKING:
    from rich.console import RenderableType

EXPECTED_REFUSALS = {"sold-out", "order-conflict", "insufficient-balance", "busy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesVerdict:
    """What the flash sale reports; the names are those of the demo's JSON."""

    orders_accepted: int
    codes_delivered: int
    distinct_codes: int
    oversold: int  # delivered beyond the stock, or not from the file
    duplicates: int  # codes that two orders got, and numbers created twice
    lost: int  # accepted orders the gateway does not list as delivered afterwards
    sold_out_answers: int
    replays: int
    replays_agree: bool
    conflicts: int
    insufficient_balance: int
    unexpected: int  # refusals nobody asked for
    refusals: dict[str, int]  # all of them, by problem code
    goodput_per_s: float  # accepted orders
    codes_per_s: float
    p50_ms: float
    p99_ms: float
    imported: int

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        broken = self.oversold or self.duplicates or self.lost or self.unexpected
        return not broken and self.replays_agree and self.codes_delivered == self.imported


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All acts, and the books afterwards."""

    codes: CodesVerdict
    flash: FlashVerdict
    top_ups: TopUpVerdict
    leased_after_stop: int
    audit_ok: bool

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        acts = self.codes.ok and self.flash.ok and self.top_ups.ok
        return acts and self.audit_ok and self.leased_after_stop == 0

    def document(self) -> dict[str, object]:
        """The verdict as JSON members."""
        return {
            **asdict(self.codes),
            **asdict(self.flash),
            **asdict(self.top_ups),
            "leased_after_stop": self.leased_after_stop,
            "audit_ok": self.audit_ok,
            "ok": self.ok,
        }


def judge_codes(
    tally: Tally, codes: set[str], *, imported: int, lost: int, seconds: float
) -> CodesVerdict:
    """What the answers of the sale amount to; `codes` are those of the imported file."""
    delivered = {code for got in tally.accepted.values() for code in got}
    return CodesVerdict(
        orders_accepted=len(tally.accepted),
        codes_delivered=tally.codes_delivered,
        distinct_codes=tally.distinct_codes,
        oversold=max(0, tally.codes_delivered - imported) + len(delivered - codes),
        duplicates=tally.codes_delivered - tally.distinct_codes + tally.second_creations,
        lost=lost,
        sold_out_answers=tally.refused["sold-out"],
        replays=tally.replays,
        replays_agree=tally.replays_that_differ == 0,
        conflicts=tally.refused["order-conflict"],
        insufficient_balance=tally.refused["insufficient-balance"],
        unexpected=sum(n for code, n in tally.refused.items() if code not in EXPECTED_REFUSALS),
        refusals=dict(tally.refused),
        goodput_per_s=round(len(tally.accepted) / seconds, 1),
        codes_per_s=round(tally.codes_delivered / seconds, 1),
        p50_ms=tally.percentile_ms(50),
        p99_ms=tally.percentile_ms(99),
        imported=imported,
    )


Row = tuple[str, str, bool | None]  # what, how much, whether the promise was kept (None: none)


def as_tables(verdict: Verdict) -> "RenderableType":
    """The verdict for people: the codes, the top-ups, the books."""
    from rich.console import Group
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column()
    sections = (
        ("Codes", _codes_rows(verdict.codes)),
        ("Campaign", _flash_rows(verdict.flash)),
        ("Top-ups", _top_up_rows(verdict.top_ups)),
        ("Books", _books_rows(verdict)),
    )
    for title, rows in sections:
        table.add_row(f"[cyan]{title}[/]", "", "")
        for what, how_much, kept in rows:
            mark = {None: "", True: "[green]✓[/]", False: "[red]✗ broken[/]"}[kept]
            table.add_row(f"  {what}", how_much, mark)
    return Group("", table, "")


def _codes_rows(codes: CodesVerdict) -> list[Row]:
    delivered = f"{codes.codes_delivered:,} of {codes.imported:,}"
    return [
        ("orders accepted", f"{codes.orders_accepted:,}", None),
        ("accepted orders a second", f"{codes.goodput_per_s:,.0f}", None),
        ("p50 / p99 of single orders", f"{codes.p50_ms:,.0f} / {codes.p99_ms:,.0f} ms", None),
        ("codes delivered", delivered, codes.codes_delivered == codes.imported),
        ("oversold", str(codes.oversold), codes.oversold == 0),
        ("codes sold twice", str(codes.duplicates), codes.duplicates == 0),
        ("orders lost", str(codes.lost), codes.lost == 0),
        ("retries with the same answer", f"{codes.replays:,}", codes.replays_agree),
        ("conflicts refused", f"{codes.conflicts:,}", None),
        ("out of money", f"{codes.insufficient_balance:,}", None),
        ("sold out answers", f"{codes.sold_out_answers:,}", None),
        ("refusals nobody asked for", str(codes.unexpected), codes.unexpected == 0),
    ]


def _flash_rows(flash: FlashVerdict) -> list[Row]:
    sold = sum(flash.flash_sold.values())
    sellers = " · ".join(f"{name} {count:,}" for name, count in flash.flash_sold.items())
    refused = " · ".join(f"{code} {count:,}" for code, count in flash.flash_refusals.items())
    held = f"{flash.holds_confirmed:,} / {flash.late_confirmed:,} / {flash.held_expired:,}"
    return [
        ("codes sold", f"{sold:,} of {flash.flash_stock:,}", sold == flash.flash_stock),
        ("  by", sellers, None),
        ("codes sold twice", str(flash.flash_doubled), flash.flash_doubled == 0),
        ("codes a second", f"{flash.flash_goodput_per_s:,.0f}", None),
        ("refused", refused, None),
        ("borrowed by channels", f"{flash.borrowed:,}", flash.borrowed > 0),
        ("holds confirmed / late / expired", held, flash.holds_astray == 0),
        ("beyond a limit", str(flash.quota_over), flash.quota_over == 0),
        ("refused within a limit", str(flash.quota_false_refusals),
         flash.quota_false_refusals == 0),
        ("p99 of others beside a flood", f"{flash.flood_p99_ratio:.2f} ×", None),
        ("shelves add up", "yes" if flash.shelves_agree else "no", flash.shelves_agree),
    ]  # fmt: skip


def _top_up_rows(top_ups: TopUpVerdict) -> list[Row]:
    all_delivered = top_ups.topups_delivered == top_ups.topups_accepted
    executed_once = top_ups.executed_upstream == top_ups.topups_delivered
    phases: list[Row] = [
        (
            f"  while {phase.replace('_', ' ')}",
            " · ".join(f"{name} {count:,}" for name, count in counts.items()),
            None,
        )
        for phase, counts in top_ups.executed_by_phase.items()
    ]
    return [
        ("orders accepted", f"{top_ups.topups_accepted:,}", None),
        ("delivered", f"{top_ups.topups_delivered:,}", all_delivered),
        ("executed upstream", f"{top_ups.executed_upstream:,}", executed_once),
        *phases,
        ("executed twice", str(top_ups.double_executions), top_ups.double_executions == 0),
        ("executed, not delivered", str(top_ups.executed_undelivered),
         top_ups.executed_undelivered == 0),
        ("were uncertain", f"{top_ups.uncertain_seen:,}", None),
        ("still uncertain", str(top_ups.uncertain_left), top_ups.uncertain_left == 0),
        ("webhooks received", f"{top_ups.webhooks_delivered:,}", None),
        ("webhooks missing", f"{top_ups.webhooks_missing:,}", top_ups.webhooks_missing == 0),
        ("wrongly signed", str(top_ups.webhooks_refused), top_ups.webhooks_refused == 0),
    ]  # fmt: skip


def _books_rows(verdict: Verdict) -> list[Row]:
    return [
        ("every invariant holds", "yes" if verdict.audit_ok else "no", verdict.audit_ok),
        ("codes left in leases", str(verdict.leased_after_stop), verdict.leased_after_stop == 0),
    ]
