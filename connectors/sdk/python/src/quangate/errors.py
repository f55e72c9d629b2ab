"""A class for each problem. Made by `make sdk-code`: edit nothing here."""

from typing import Final

from quangate.problem import QuangateError


class BodyTooLargeError(QuangateError):
    """`body-too-large`: The body is too large."""


class BusyError(QuangateError):
    """`busy`: The last codes are being handed out."""


class CampaignClosedError(QuangateError):
    """`campaign-closed`: The campaign is not open."""


class CaseOpenError(QuangateError):
    """`case-open`: Case open."""


class CouponUnusableError(QuangateError):
    """`coupon-unusable`: Coupon unusable."""


class ForbiddenError(QuangateError):
    """`forbidden`: The key may not do this."""


class GroupFullError(QuangateError):
    """`group-full`: Group full."""


class HeadTooLargeError(QuangateError):
    """`head-too-large`: The headers are too large."""


class HoldExpiredError(QuangateError):
    """`hold-expired`: The hold is over, and nothing is left."""


class HoldLimitError(QuangateError):
    """`hold-limit`: No more can be held."""


class HoldReleasedError(QuangateError):
    """`hold-released`: The hold was released."""


class InsufficientBalanceError(QuangateError):
    """`insufficient-balance`: The account has too little money."""


class InternalError(QuangateError):
    """`internal`: Something went wrong here."""


class InvalidRequestError(QuangateError):
    """`invalid-request`: The request is not valid."""


class MaintenanceError(QuangateError):
    """`maintenance`: Out of service for a moment."""


class MalformedJsonError(QuangateError):
    """`malformed-json`: The body is not acceptable JSON."""


class MethodNotAllowedError(QuangateError):
    """`method-not-allowed`: The method is not allowed here."""


class NotCancellableError(QuangateError):
    """`not-cancellable`: The order can no longer be cancelled."""


class NotFoundError(QuangateError):
    """`not-found`: There is no such thing."""


class OrderConflictError(QuangateError):
    """`order-conflict`: The order number was used for other content."""


class OverloadedError(QuangateError):
    """`overloaded`: Too much is going on."""


class PassInvalidError(QuangateError):
    """`pass-invalid`: The pass is not valid."""


class PassRequiredError(QuangateError):
    """`pass-required`: The campaign takes orders only with a pass."""


class PassUsedError(QuangateError):
    """`pass-used`: The pass was used by another order."""


class PriceChangedError(QuangateError):
    """`price-changed`: The price is no longer that."""


class PurchaseLimitError(QuangateError):
    """`purchase-limit`: The purchase limit is reached."""


class RateLimitedError(QuangateError):
    """`rate-limited`: Too many requests."""


class ReplayedNonceError(QuangateError):
    """`replayed-nonce`: The request is not authenticated."""


class RiskDeniedError(QuangateError):
    """`risk-denied`: Risk denied."""


class SoldOutError(QuangateError):
    """`sold-out`: The SKU is sold out."""


class StaleTimestampError(QuangateError):
    """`stale-timestamp`: The request is not authenticated."""


class TargetTooLongError(QuangateError):
    """`target-too-long`: The target is too long."""


class UnauthenticatedError(QuangateError):
    """`unauthenticated`: The request is not authenticated."""


class UnknownSkuError(QuangateError):
    """`unknown-sku`: There is no such SKU."""


class UnsupportedMediaTypeError(QuangateError):
    """`unsupported-media-type`: The body must be plain application/json."""


__all__ = [
    "BodyTooLargeError",
    "BusyError",
    "CampaignClosedError",
    "CaseOpenError",
    "CouponUnusableError",
    "ForbiddenError",
    "GroupFullError",
    "HeadTooLargeError",
    "HoldExpiredError",
    "HoldLimitError",
    "HoldReleasedError",
    "InsufficientBalanceError",
    "InternalError",
    "InvalidRequestError",
    "MaintenanceError",
    "MalformedJsonError",
    "MethodNotAllowedError",
    "NotCancellableError",
    "NotFoundError",
    "OrderConflictError",
    "OverloadedError",
    "PassInvalidError",
    "PassRequiredError",
    "PassUsedError",
    "PriceChangedError",
    "PurchaseLimitError",
    "RateLimitedError",
    "ReplayedNonceError",
    "RiskDeniedError",
    "SoldOutError",
    "StaleTimestampError",
    "TargetTooLongError",
    "UnauthenticatedError",
    "UnknownSkuError",
    "UnsupportedMediaTypeError",
]

BY_CODE: Final[dict[str, type[QuangateError]]] = {
    "body-too-large": BodyTooLargeError,
    "busy": BusyError,
    "campaign-closed": CampaignClosedError,
    "case-open": CaseOpenError,
    "coupon-unusable": CouponUnusableError,
    "forbidden": ForbiddenError,
    "group-full": GroupFullError,
    "head-too-large": HeadTooLargeError,
    "hold-expired": HoldExpiredError,
    "hold-limit": HoldLimitError,
    "hold-released": HoldReleasedError,
    "insufficient-balance": InsufficientBalanceError,
    "internal": InternalError,
    "invalid-request": InvalidRequestError,
    "maintenance": MaintenanceError,
    "malformed-json": MalformedJsonError,
    "method-not-allowed": MethodNotAllowedError,
    "not-cancellable": NotCancellableError,
    "not-found": NotFoundError,
    "order-conflict": OrderConflictError,
    "overloaded": OverloadedError,
    "pass-invalid": PassInvalidError,
    "pass-required": PassRequiredError,
    "pass-used": PassUsedError,
    "price-changed": PriceChangedError,
    "purchase-limit": PurchaseLimitError,
    "rate-limited": RateLimitedError,
    "replayed-nonce": ReplayedNonceError,
    "risk-denied": RiskDeniedError,
    "sold-out": SoldOutError,
    "stale-timestamp": StaleTimestampError,
    "target-too-long": TargetTooLongError,
    "unauthenticated": UnauthenticatedError,
    "unknown-sku": UnknownSkuError,
    "unsupported-media-type": UnsupportedMediaTypeError,
}
