// A class for each problem. Made by `make sdk-code`: edit nothing here.

import { QuangateError } from "./problem.js";

/** `body-too-large`: The body is too large. */
export class BodyTooLargeError extends QuangateError {}
/** `busy`: The last codes are being handed out. */
export class BusyError extends QuangateError {}
/** `campaign-closed`: The campaign is not open. */
export class CampaignClosedError extends QuangateError {}
/** `case-open`: Case open. */
export class CaseOpenError extends QuangateError {}
/** `coupon-unusable`: Coupon unusable. */
export class CouponUnusableError extends QuangateError {}
/** `forbidden`: The key may not do this. */
export class ForbiddenError extends QuangateError {}
/** `group-full`: Group full. */
export class GroupFullError extends QuangateError {}
/** `head-too-large`: The headers are too large. */
export class HeadTooLargeError extends QuangateError {}
/** `hold-expired`: The hold is over, and nothing is left. */
export class HoldExpiredError extends QuangateError {}
/** `hold-limit`: No more can be held. */
export class HoldLimitError extends QuangateError {}
/** `hold-released`: The hold was released. */
export class HoldReleasedError extends QuangateError {}
/** `insufficient-balance`: The account has too little money. */
export class InsufficientBalanceError extends QuangateError {}
/** `internal`: Something went wrong here. */
export class InternalError extends QuangateError {}
/** `invalid-request`: The request is not valid. */
export class InvalidRequestError extends QuangateError {}
/** `maintenance`: Out of service for a moment. */
export class MaintenanceError extends QuangateError {}
/** `malformed-json`: The body is not acceptable JSON. */
export class MalformedJsonError extends QuangateError {}
/** `method-not-allowed`: The method is not allowed here. */
export class MethodNotAllowedError extends QuangateError {}
/** `not-cancellable`: The order can no longer be cancelled. */
export class NotCancellableError extends QuangateError {}
/** `not-found`: There is no such thing. */
export class NotFoundError extends QuangateError {}
/** `order-conflict`: The order number was used for other content. */
export class OrderConflictError extends QuangateError {}
/** `overloaded`: Too much is going on. */
export class OverloadedError extends QuangateError {}
/** `pass-invalid`: The pass is not valid. */
export class PassInvalidError extends QuangateError {}
/** `pass-required`: The campaign takes orders only with a pass. */
export class PassRequiredError extends QuangateError {}
/** `pass-used`: The pass was used by another order. */
export class PassUsedError extends QuangateError {}
/** `price-changed`: The price is no longer that. */
export class PriceChangedError extends QuangateError {}
/** `purchase-limit`: The purchase limit is reached. */
export class PurchaseLimitError extends QuangateError {}
/** `rate-limited`: Too many requests. */
export class RateLimitedError extends QuangateError {}
/** `replayed-nonce`: The request is not authenticated. */
export class ReplayedNonceError extends QuangateError {}
/** `risk-denied`: Risk denied. */
export class RiskDeniedError extends QuangateError {}
/** `sold-out`: The SKU is sold out. */
export class SoldOutError extends QuangateError {}
/** `stale-timestamp`: The request is not authenticated. */
export class StaleTimestampError extends QuangateError {}
/** `target-too-long`: The target is too long. */
export class TargetTooLongError extends QuangateError {}
/** `unauthenticated`: The request is not authenticated. */
export class UnauthenticatedError extends QuangateError {}
/** `unknown-sku`: There is no such SKU. */
export class UnknownSkuError extends QuangateError {}
/** `unsupported-media-type`: The body must be plain application/json. */
export class UnsupportedMediaTypeError extends QuangateError {}

export const BY_CODE: Readonly<Record<string, typeof QuangateError>> = {
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
};
