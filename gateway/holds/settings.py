"""The budgets that keep anybody from holding all of it, as they are shipped."""

from typing import Final

from gateway.ground.feature import Setting

SETTINGS: Final = {
    "holds.per_buyer": Setting(
        default=2, least=0, most=1_000_000, unit="holds", doc="Open ones of a buyer of a partner."
    ),
    "holds.per_ip": Setting(
        default=10, least=0, most=1_000_000, unit="holds", doc="Open ones of an address."
    ),
    "holds.per_partner": Setting(
        default=1000, least=0, most=1_000_000, unit="holds", doc="Open ones of a partner."
    ),
    "holds.pool_percent": Setting(
        default=30, least=0, most=100, unit="percent", doc="Of a pool's unsold codes, held ones."
    ),
    "holds.min_ttl_s": Setting(
        default=60, least=1, most=86_400, unit="seconds", doc="The shortest.",
        at_most="holds.max_ttl_s",
    ),
    "holds.max_ttl_s": Setting(
        default=900, least=1, most=86_400, unit="seconds", doc="The longest."
    ),
}  # fmt: skip
