"""What a protocol file may say: its tables as types, so that what is read and what is allowed are
one declaration. README "Protocol files" tells what each member means.
"""

from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct, field

Digest: TypeAlias = Literal["md5", "sha1", "sha256", "hmac-md5", "hmac-sha1", "hmac-sha256"]
# The words of `states`, `texts` and `reasons`. `unknown`: neither running nor ended.
STATES: Final = ("processing", "success", "partial", "failed", "cancelled", "reversed", "unknown")
MEANINGS: Final = ("refused", "refused_upstream", "throttled", "duplicate", "absent")
REASONS: Final = (
    "product-unavailable", "invalid-account", "invalid-request", "price-changed",
    "insufficient-balance", "credentials", "rate-limited", "other",
)  # fmt: skip


class Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: a key that is not declared is an error."""


class Common(Table, frozen=True):
    """`[request]`: what holds for every call."""

    encoding: Literal["form", "json"] = "form"
    time: str = "unix"
    zone: str = "Asia/Shanghai"
    fields: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class Sign(Table, frozen=True):
    """`[sign]` of requests, `[callback.sign]` where callbacks differ. `without`: fields of a
    callback that it does not cover.
    """

    digest: Digest
    text: str
    into: str
    key: str | None = None
    skip_empty: bool = False
    case: Literal["lower", "upper"] = "lower"
    without: tuple[str, ...] = ()


class Answers(Table, frozen=True):
    """`[answer]`: the envelope of every answer, and what its codes prove. `refused_if_absent`:
    refusals that count only if a query then finds nothing. `texts`: whole messages that say more
    than their code. `reasons`: of codes and texts.
    """

    code: str
    ok: tuple[str, ...]
    message: str = ""
    refused: tuple[str, ...] = ()
    refused_upstream: tuple[str, ...] = ()
    refused_if_absent: tuple[str, ...] = ()
    throttled: tuple[str, ...] = ()
    duplicate: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


class Submit(Table, frozen=True):
    """`[submit]`. `blank`: fields that are sent empty where they have no value; the others are left
    out. `resend`: the platform refuses a number that it has, so that one may be sent again.
    """

    path: str
    fields: dict[str, Any]
    upstream_no: str = ""
    cost: str = ""
    blank: tuple[str, ...] = ()
    resend: bool = False


class Echoes(Table, frozen=True):
    """Where an answer says what it is about."""

    attempt: str = ""
    account: str = ""
    product: str = ""
    quantity: str = ""


class When(Table, frozen=True):
    """A member and the values of it that count."""

    at: str
    values: tuple[str, ...] = field(name="is")


class Codes(Table, frozen=True):
    """Where codes stand: rows of `list`, or its texts if `code` is empty."""

    rows: str = field(name="list")
    code: str = ""
    pin: str = ""


class Query(Table, frozen=True):
    """`[query]`. `rows`: a list whose row with our number is the order; the other paths begin in
    it. `ok`, `absent`: instead of those of `[answer]`. `code_states`: of orders of codes, before
    `states`. `refunded_when`: else nothing of it came back.
    """

    path: str
    fields: dict[str, Any]
    state: str
    states: dict[str, str]
    rows: str = ""
    code_states: dict[str, str] = field(default_factory=dict)
    echo: Echoes = field(default_factory=Echoes)
    upstream_no: str = ""
    message: str = ""
    cost: str = ""
    refunded: str = ""
    refunded_when: When | None = None
    delivered: str = ""
    codes: Codes | None = None
    ok: tuple[str, ...] | None = None
    absent: tuple[str, ...] | None = None


class Funds(Table, frozen=True):
    """`[balance]`."""

    path: str
    amount: str
    fields: dict[str, Any] = field(default_factory=dict)


class Goods(Table, frozen=True):
    """`[catalog]`: a page of products. `page_size` 0: there is one page; else `{page}` is asked
    for until one has fewer rows. `sells_codes`: which of them are codes.
    """

    path: str
    rows: str
    id: str
    fields: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    cost: str = ""
    face: str = ""
    available: When | None = None
    sells_codes: When | None = None
    page_size: int = 0


class Stop(Table, frozen=True):
    """`[cancel]`: a request to stop an order."""

    path: str
    fields: dict[str, Any]


class News(Table, frozen=True):
    """`[callback]`. `time` (Unix s or ms, or `[request] time`'s pattern) bounds its age to
    `window_s`; `states`: where they are not those of `[query]`; `codes`: what must not be kept.
    """

    attempt: str
    state: str
    trusted: bool = False
    ack: str = "success"
    time: str = ""
    window_s: int = 3600
    states: dict[str, str] | None = None
    echo: Echoes = field(default_factory=Echoes)
    upstream_no: str = ""
    message: str = ""
    cost: str = ""
    refunded: str = ""
    refunded_when: When | None = None
    delivered: str = ""
    codes: str = ""
    sign: Sign | None = None


class Shown(Table, frozen=True):
    """`[simulator]`: what its answers have beside what the connector reads: path → template."""

    submit: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    balance: dict[str, Any] = field(default_factory=dict)
    callback: dict[str, Any] = field(default_factory=dict)


class Protocol(Table, frozen=True):
    """A whole file."""

    name: str
    request: Common
    sign: Sign
    answer: Answers
    submit: Submit
    query: Query
    currency: str = "CNY"
    balance: Funds | None = None
    catalog: Goods | None = None
    cancel: Stop | None = None
    callback: News | None = None
    simulator: Shown = field(default_factory=Shown)
