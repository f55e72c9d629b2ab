"""What one person, or a rule, may do alone in cases, as it is shipped."""

from typing import Final

from gateway.ground.feature import Setting

REISSUES_PER_DAY: Final = "cases.reissues_per_day"
REISSUES_PER_LINE: Final = "cases.reissues_per_line"
UPSTREAM_DAYS: Final = "cases.upstream_days"
PER_ORDER: Final = "cases.per_order"
SETTINGS: Final = {
    REISSUES_PER_DAY: Setting(
        default=20, least=0, most=1_000_000, unit="cases",
        doc="Of a partner and day (its own zone) that end with another code; the next one wants a"
        " second person.",
    ),
    REISSUES_PER_LINE: Setting(
        default=1, least=1, most=100, unit="cases",
        doc="Of an order line that may end with another code.",
    ),
    PER_ORDER: Setting(
        default=20, least=1, most=1_000, unit="cases",
        doc="That a partner may open about one order, whatever became of them; an operator may"
        " open more.",
    ),
    UPSTREAM_DAYS: Setting(
        default=3, least=1, most=365, unit="days",
        doc="For how long a platform that was asked may take, until somebody is told.",
    ),
    "four_eyes.refund.CNY": Setting(
        default=None, least=0, most=10**15, unit="minor units",
        doc="What cases may pay back of an order before a refund wants a second person; none:"
        " no refund does.",
    ),
}  # fmt: skip
