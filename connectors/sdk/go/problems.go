// Code made by `make sdk-code`: DO NOT EDIT.

package quangate

// One for each problem: errors.Is(err, ErrSoldOut).
var (
	// ErrBodyTooLarge: The body is too large.
	ErrBodyTooLarge = &Error{Code: "body-too-large"}
	// ErrBusy: The last codes are being handed out.
	ErrBusy = &Error{Code: "busy"}
	// ErrCampaignClosed: The campaign is not open.
	ErrCampaignClosed = &Error{Code: "campaign-closed"}
	// ErrCaseOpen: Case open.
	ErrCaseOpen = &Error{Code: "case-open"}
	// ErrCouponUnusable: Coupon unusable.
	ErrCouponUnusable = &Error{Code: "coupon-unusable"}
	// ErrForbidden: The key may not do this.
	ErrForbidden = &Error{Code: "forbidden"}
	// ErrGroupFull: Group full.
	ErrGroupFull = &Error{Code: "group-full"}
	// ErrHeadTooLarge: The headers are too large.
	ErrHeadTooLarge = &Error{Code: "head-too-large"}
	// ErrHoldExpired: The hold is over, and nothing is left.
	ErrHoldExpired = &Error{Code: "hold-expired"}
	// ErrHoldLimit: No more can be held.
	ErrHoldLimit = &Error{Code: "hold-limit"}
	// ErrHoldReleased: The hold was released.
	ErrHoldReleased = &Error{Code: "hold-released"}
	// ErrInsufficientBalance: The account has too little money.
	ErrInsufficientBalance = &Error{Code: "insufficient-balance"}
	// ErrInternal: Something went wrong here.
	ErrInternal = &Error{Code: "internal"}
	// ErrInvalidRequest: The request is not valid.
	ErrInvalidRequest = &Error{Code: "invalid-request"}
	// ErrMaintenance: Out of service for a moment.
	ErrMaintenance = &Error{Code: "maintenance"}
	// ErrMalformedJson: The body is not acceptable JSON.
	ErrMalformedJson = &Error{Code: "malformed-json"}
	// ErrMethodNotAllowed: The method is not allowed here.
	ErrMethodNotAllowed = &Error{Code: "method-not-allowed"}
	// ErrNotCancellable: The order can no longer be cancelled.
	ErrNotCancellable = &Error{Code: "not-cancellable"}
	// ErrNotFound: There is no such thing.
	ErrNotFound = &Error{Code: "not-found"}
	// ErrOrderConflict: The order number was used for other content.
	ErrOrderConflict = &Error{Code: "order-conflict"}
	// ErrOverloaded: Too much is going on.
	ErrOverloaded = &Error{Code: "overloaded"}
	// ErrPassInvalid: The pass is not valid.
	ErrPassInvalid = &Error{Code: "pass-invalid"}
	// ErrPassRequired: The campaign takes orders only with a pass.
	ErrPassRequired = &Error{Code: "pass-required"}
	// ErrPassUsed: The pass was used by another order.
	ErrPassUsed = &Error{Code: "pass-used"}
	// ErrPriceChanged: The price is no longer that.
	ErrPriceChanged = &Error{Code: "price-changed"}
	// ErrPurchaseLimit: The purchase limit is reached.
	ErrPurchaseLimit = &Error{Code: "purchase-limit"}
	// ErrRateLimited: Too many requests.
	ErrRateLimited = &Error{Code: "rate-limited"}
	// ErrReplayedNonce: The request is not authenticated.
	ErrReplayedNonce = &Error{Code: "replayed-nonce"}
	// ErrRiskDenied: Risk denied.
	ErrRiskDenied = &Error{Code: "risk-denied"}
	// ErrSoldOut: The SKU is sold out.
	ErrSoldOut = &Error{Code: "sold-out"}
	// ErrStaleTimestamp: The request is not authenticated.
	ErrStaleTimestamp = &Error{Code: "stale-timestamp"}
	// ErrTargetTooLong: The target is too long.
	ErrTargetTooLong = &Error{Code: "target-too-long"}
	// ErrUnauthenticated: The request is not authenticated.
	ErrUnauthenticated = &Error{Code: "unauthenticated"}
	// ErrUnknownSku: There is no such SKU.
	ErrUnknownSku = &Error{Code: "unknown-sku"}
	// ErrUnsupportedMediaType: The body must be plain application/json.
	ErrUnsupportedMediaType = &Error{Code: "unsupported-media-type"}
)
