// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** A class for each problem. */
final class Problems {
    private Problems() {}

    static QuangateException of(QuangateException.Problem said) {
        return switch (said.code()) {
            case "body-too-large" -> new BodyTooLargeException(said);
            case "busy" -> new BusyException(said);
            case "campaign-closed" -> new CampaignClosedException(said);
            case "case-open" -> new CaseOpenException(said);
            case "coupon-unusable" -> new CouponUnusableException(said);
            case "forbidden" -> new ForbiddenException(said);
            case "group-full" -> new GroupFullException(said);
            case "head-too-large" -> new HeadTooLargeException(said);
            case "hold-expired" -> new HoldExpiredException(said);
            case "hold-limit" -> new HoldLimitException(said);
            case "hold-released" -> new HoldReleasedException(said);
            case "insufficient-balance" -> new InsufficientBalanceException(said);
            case "internal" -> new InternalException(said);
            case "invalid-request" -> new InvalidRequestException(said);
            case "maintenance" -> new MaintenanceException(said);
            case "malformed-json" -> new MalformedJsonException(said);
            case "method-not-allowed" -> new MethodNotAllowedException(said);
            case "not-cancellable" -> new NotCancellableException(said);
            case "not-found" -> new NotFoundException(said);
            case "order-conflict" -> new OrderConflictException(said);
            case "overloaded" -> new OverloadedException(said);
            case "pass-invalid" -> new PassInvalidException(said);
            case "pass-required" -> new PassRequiredException(said);
            case "pass-used" -> new PassUsedException(said);
            case "price-changed" -> new PriceChangedException(said);
            case "purchase-limit" -> new PurchaseLimitException(said);
            case "rate-limited" -> new RateLimitedException(said);
            case "replayed-nonce" -> new ReplayedNonceException(said);
            case "risk-denied" -> new RiskDeniedException(said);
            case "sold-out" -> new SoldOutException(said);
            case "stale-timestamp" -> new StaleTimestampException(said);
            case "target-too-long" -> new TargetTooLongException(said);
            case "unauthenticated" -> new UnauthenticatedException(said);
            case "unknown-sku" -> new UnknownSkuException(said);
            case "unsupported-media-type" -> new UnsupportedMediaTypeException(said);
            default -> new QuangateException(said);
        };
    }
}
