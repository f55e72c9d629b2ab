"""News of an attempt as SQL's settle takes it: the row type attempt_news, field by field."""

import msgspec


class AttemptNews(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line for settle. None: nothing is said of it, and what was known stays.

    The fields are those of the row type in dispatch/routines_settle.sql, by name: a new one is a
    line here and a line there. Money in minor units.
    """

    attempt: int
    news: str
    webhook: int  # the number of the message it may lead to
    upstream_no: str | None = None
    cost: int | None = None
    delivered: int | None = None
    refund: int | None = None
    code: str | None = None
    message: str | None = None
    check_s: float | None = None  # when to look again
    queries: int | None = None
    not_found: int | None = None
    next: int | None = None  # the attempt that follows a refused one
    next_upstream: int | None = None
    next_product: str | None = None
    next_cost_max: int | None = None
    pool: int | None = None  # bought codes: where they lie
    seqs: list[int] | None = None
    park: str | None = None  # what a person has to decide while the order stays as it is
