"""What a simulated platform sells, and with which habits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationOptions:
    """Settings every simulator has beside its platform's own.

    `time_scale` multiplies the platform's own waits (callback retries, late callbacks): 0.001 makes
    minutes of them tens of milliseconds. `race_window_s` is the gap of a select-then-insert.
    """

    callback_url: str = ""
    settle_s: float = 0.05
    reversal_delay_s: float = 5.0
    late_callback_s: float = 10.0
    time_scale: float = 1.0
    race_window_s: float = 0.005
    balance_minor: int = 10_000_000_000
    default_face_minor: int = 1000
    retry_after_s: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product of the catalogue. Any other id is sold too."""

    product_id: str
    name: str
    face_minor: int
    kind: str


def product_number(product_id: str) -> int | str:
    """A product id as the platforms write it, a number; any other word is sold too, and echoed."""
    plain = product_id.isascii() and product_id.isdigit()
    return int(product_id) if plain else product_id
