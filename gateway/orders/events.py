"""What happens to orders that others want to hear of."""

from collections.abc import Sequence

import msgspec

from gateway.orders.line import Line
from gateway.orders.plain_batch import PlainBatch


class OrdersCreated(msgspec.Struct, frozen=True, gc=False):
    """Just committed by this worker; told before their partners are answered.

    `plain`: of these nobody is told, and nothing is bought for them.
    """

    lines: Sequence[Line]
    plain: Sequence[PlainBatch] = ()
