"""The native core, under the names the gateway uses; the only importer of `gateway._core`."""

from gateway._core import (
    Allocator,
    KeyRing,
    NumberFilter,
    OrderIds,
    RateLimiter,
    Vault,
    __version__,
    generate_codes,
    new_partner_secrets,
    new_webhook_secret,
    open_jwe,
    pattern_space,
    seal_claimed,
    seal_rows,
    sign_request,
    webhook_sign,
)

__all__ = [
    "Allocator",
    "KeyRing",
    "NumberFilter",
    "OrderIds",
    "RateLimiter",
    "Vault",
    "__version__",
    "generate_codes",
    "new_partner_secrets",
    "new_webhook_secret",
    "open_jwe",
    "pattern_space",
    "seal_claimed",
    "seal_rows",
    "sign_request",
    "webhook_sign",
]
