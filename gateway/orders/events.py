"""What happens to orders that others want to hear of."""

from collections.abc import Sequence

import msgspec

from gateway.orders.line import Line


class OrdersCreated(msgspec.Struct, frozen=True, gc=False):
    """Just committed by this worker; told before their partners are answered."""

    lines: Sequence[Line]
