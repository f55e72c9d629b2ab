"""What an answer says it is about, and what it has to say."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What an answer says it is about; None: it does not say. Accounts and products are spelled as
    the connector compares them; `amount` is all of what was ordered, in major units of `currency`.
    """

    order_no: str | None = None
    account: str | None = None
    product: str | None = None
    quantity: int | None = None
    amount: Decimal | None = None
    currency: str | None = None


SAYS_NOTHING: Final = Echo()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected(Echo):
    """How the platform echoes an order; None: it cannot be known. `limit_minor` is the most that
    it was told to charge for all of it; with `calling_code_optional` either side may leave the
    calling code of a number out.
    """

    limit_minor: int | None = None
    calling_code_optional: bool = False
