"""Why there is no order, as a problem of the partner API: one row for every reason."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.ground.http.problems import ProblemError
from gateway.orders.checks import OWN_NUMBERS
from gateway.orders.refusal import Reason, Refusal

COUNTED: Final = "there is a limit that counts by it: {} is required"
LATER: Final = {"Retry-After": "30"}  # a person or a breaker ends it, not the next second


class Word(NamedTuple):
    """How a reason is said. `detail` is filled in with the refusal's facts; None: the title of the
    code says it all. `pointer` names the member that is wrong."""

    code: str
    detail: str | None = None
    pointer: str | None = None
    headers: Mapping[str, str] | None = None


_R = Reason
WORDS: Final[Mapping[Reason, Word]] = {
    _R.SALES_CLOSED: Word("maintenance", "Nothing is sold at the moment.", headers=LATER),
    _R.OWN_NUMBER: Word("invalid-request", f"must not begin with {OWN_NUMBERS}", "/out_order_no"),
    _R.BUYER_ADDRESS: Word("invalid-request", "must be an IPv4 or IPv6 address", "/buyer/ip"),
    _R.UNKNOWN_SKU: Word("unknown-sku", "There is no SKU {0.sku}."),
    _R.NOT_OFFERED: Word("forbidden", "SKU {0.sku} is not offered to this partner."),
    _R.NOT_ON_SALE: Word("maintenance", "SKU {0.sku} is not on sale at the moment.", headers=LATER),
    _R.RULE_UNUSABLE: Word(
        "maintenance", "SKU {0.sku} cannot be sold at the moment.", headers=LATER
    ),
    _R.ACCOUNT_MISSING: Word("invalid-request", "this SKU needs an account", "/account"),
    _R.ACCOUNT_UNFIT: Word(
        "invalid-request",
        "does not look like an account of this SKU ({0.account_rule})",
        "/account",
    ),
    _R.QUANTITY: Word("invalid-request", "at most {0.most} of this SKU in one order", "/quantity"),
    _R.CAMPAIGN_UNKNOWN: Word("campaign-closed", "Campaign {0.campaign} is not open."),
    _R.CAMPAIGN_OF_OTHERS: Word("forbidden", "Campaign {0.campaign} is not for this partner."),
    _R.BUYER_MISSING: Word("invalid-request", COUNTED.format("buyer.id"), "/buyer/id"),
    _R.DEVICE_MISSING: Word("invalid-request", COUNTED.format("buyer.device"), "/buyer/device"),
    _R.IP_MISSING: Word("invalid-request", COUNTED.format("buyer.ip"), "/buyer/ip"),
    _R.RECIPIENT_MISSING: Word("invalid-request", COUNTED.format("account"), "/account"),
    _R.PASS_MISSING: Word(
        "pass-required", "Campaign {0.campaign} takes orders only with a pass of its waiting room."
    ),
    _R.PASS_UNFIT: Word(
        "pass-invalid",
        "The pass has run out, or is not one of this partner's for this campaign and buyer.",
    ),
    _R.PRICE_CHANGED: Word(
        "price-changed", "The total is {0.total_minor}, more than max_amount {0.most}."
    ),
    _R.PRICE_UNSOUND: Word("price-changed", "SKU {0.sku} has no price at the moment."),
    _R.NO_ROUTE: Word("maintenance", "No upstream sells SKU {0.sku} at the moment.", headers=LATER),
    _R.ROUTES_FULL: Word("overloaded", "Too many top-ups are waiting."),
    _R.CONFLICT: Word(
        "order-conflict",
        "This out_order_no belongs to order {0.order_id}, whose content differs.",
    ),
    _R.INSUFFICIENT_BALANCE: Word(
        "insufficient-balance", "The account has {0.most} minor units available."
    ),
    _R.QUOTA: Word("purchase-limit", "{0.most} may still be bought under the limit {0.quota}."),
    _R.HOLD_EXPIRED: Word("hold-expired"),
    _R.HOLD_RELEASED: Word("hold-released"),
    _R.PASS_USED: Word("pass-used", "Another order or hold has used this pass."),
    _R.BOUGHT_BEFORE: Word("forbidden", "The campaign is for buyers who never bought or held."),
    _R.CAMPAIGN_CLOSED: Word("campaign-closed"),
    _R.SOLD_OUT: Word("sold-out"),
    _R.BUSY: Word("busy"),
    _R.OVERLOADED: Word("overloaded"),
    _R.UNAVAILABLE: Word("maintenance"),
    _R.INTERNAL: Word("internal"),
}


def problem_of(refusal: Refusal, base: str = "") -> ProblemError:
    """What a partner is told; `base` is prepended to the pointers of errors."""
    code, said, pointer, headers = WORDS[refusal.reason]
    detail = None if said is None else said.format(refusal)
    if refusal.retry_after_s:
        headers = {"Retry-After": str(refusal.retry_after_s)}
    errors = [] if pointer is None else [(base + pointer, detail or "")]
    members: dict[str, str | bool] | None = None
    if refusal.quota:
        members = {"quota": refusal.quota}
    if refusal.resets_at:
        members = {"quota": refusal.quota, "resets_at": refusal.resets_at, "retryable": True}
        headers = {"Retry-After": str(refusal.retry_after_s)}
    return ProblemError(code, detail, errors=errors, members=members, headers=headers)
