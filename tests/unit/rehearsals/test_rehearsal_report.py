"""What a rehearsal says of what its buyers were told."""

import pytest

from gateway.rehearsals.rules import Said, Tally, report


def sold(at_s: float, seconds: float = 0.01) -> Said:
    """An order that was made, for 990."""
    return Said(at_s=at_s, seconds=seconds, amount=990)


def refused(at_s: float, code: str, quota: str | None = None) -> Said:
    """An order that was not."""
    return Said(at_s=at_s, seconds=0.001, code=code, quota=quota)


def test_the_figures_add_up() -> None:
    """Every order is sold, refused or waiting; money and times are those of what was sold."""
    tally = Tally(
        [sold(0.5, 0.010), refused(2.0, "sold-out"), sold(1.0, 0.030), refused(1.5, "busy")], 3
    )
    figures = report(tally, shelf="flash", totals=frozenset())
    assert figures["orders"] == 7 == figures["sold"] + 2 + figures["waiting"]
    assert (figures["sold"], figures["amount"]) == (2, 1980)
    assert figures["refused"] == {"sold-out": 1, "busy": 1}
    assert (figures["p50_ms"], figures["p99_ms"]) == (20.0, 29.8)
    assert (figures["orders_per_s"], figures["answers_per_s"]) == (2.0, 2.0)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ([refused(2, "sold-out"), refused(1, "purchase-limit", "total")], ("quota", "total")),
        ([refused(1, "sold-out"), refused(2, "purchase-limit", "total")], ("codes", "flash")),
        # A limit per buyer ends for that buyer; a closed door ends nothing.
        ([refused(1, "purchase-limit", "each"), refused(2, "sold-out")], ("codes", "flash")),
        ([refused(1, "campaign-closed"), refused(1, "purchase-limit", "each")], None),
    ],
)
def test_what_ran_out_first(said: list[Said], what: tuple[str, str] | None) -> None:
    """The earliest end of something that everybody shares, and how many orders came before it.

    Seen red with every quota taken for such a one.
    """
    tally = Tally([sold(0.1), sold(0.9), *said, sold(3.0)])
    found = tally.ran_out_first("flash", frozenset({"total"}))
    assert (None if found is None else (found.what, found.name)) == what
    assert found is None or found.after_orders == 2


def test_nobody_was_there() -> None:
    """Nothing sold is no division by nothing."""
    figures = report(Tally(waiting=2), shelf="main", totals=frozenset())
    assert (figures["orders"], figures["sold"], figures["p99_ms"]) == (2, 0, 0.0)
    assert (figures["orders_per_s"], figures["ran_out_first"]) == (0.0, None)
