"""What the conformance suite orders at each platform, and what that is known to do otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors import registry
from connectors.contract import AnswerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the suite orders at one platform. Accounts are `account_prefix` + three characters.

    `file`: the connector is `generic` with that protocol file, before the platform's own simulator.
    """

    file: str | None = None

    account_prefix: str = "13800138"
    product: str = "25"
    code_product: str = "910005"
    face_minor: int = 1000
    max_cost_minor: int = 2000
    # What a query finds after a success was taken back.
    after_reversal: AnswerKind = AnswerKind.REVERSED
    # Whether callbacks are signed at all: where not, each is a hint that anybody may give.
    callbacks_signed: bool = True
    # Whether a callback carries a signed time, so that an old one can be told.
    callbacks_dated: bool = True
    # Whether it has a list of products.
    has_catalog: bool = True
    after_cancel: AnswerKind = AnswerKind.CANCELLED
    # Asked by its own number alone: one that is not known is no news, and is told by callbacks.
    asked_by_theirs: bool = False
    # Whether a query says what was charged.
    tells_cost: bool = True

    @property
    def absent(self) -> AnswerKind:
        """What a query finds of an order that is not there."""
        return AnswerKind.UNKNOWN if self.asked_by_theirs else AnswerKind.NOT_FOUND

    @property
    def taken_again(self) -> AnswerKind:
        """What a number is that was taken: some answer the order that is there."""
        return AnswerKind.ACCEPTED if self.asked_by_theirs else AnswerKind.UNKNOWN


SAMPLES: Mapping[str, Sample] = {
    "fulu": Sample(callbacks_dated=False, after_reversal=AnswerKind.FAILED),
    "kasushou": Sample(),
    "dayuanren": Sample(after_reversal=AnswerKind.FAILED),
    "dtone": Sample(callbacks_signed=False, callbacks_dated=False),
    "reloadly": Sample(code_product="giftcard-910005"),
    "dingconnect": Sample(after_reversal=AnswerKind.FAILED),
    "dujiao": Sample(
        after_reversal=AnswerKind.FAILED, after_cancel=AnswerKind.FAILED, asked_by_theirs=True
    ),
    "kakayun": Sample(after_reversal=AnswerKind.FAILED, after_cancel=AnswerKind.FAILED),
    "xingquanyi": Sample(after_reversal=AnswerKind.FAILED),
    "fengzhushou": Sample(after_reversal=AnswerKind.FAILED, has_catalog=False, tells_cost=False),
    "generic": Sample(has_catalog=False),
    # The hand-written simulators before what a file says of them.
    "kasushou by file": Sample(file="kasushou.toml"),
    "dayuanren by file": Sample(file="dayuanren.toml", after_reversal=AnswerKind.FAILED),
}
BY_FILE = tuple(name for name, sample in SAMPLES.items() if sample.file)
RIGS = (*registry.names(), *BY_FILE)
