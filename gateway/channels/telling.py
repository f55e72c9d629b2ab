"""How each house is told that an order has ended: one row for every protocol that is called."""

from collections.abc import Mapping
from typing import Final

from gateway.channels import dujiao_order, goofish_order, kakayun_order, kasushou_order
from gateway.channels.face import Teller

TELLERS: Final[Mapping[str, Teller]] = {
    "goofish": goofish_order.TELLER,
    "dujiao": dujiao_order.TELLER,
    "kasushou": kasushou_order.TELLER,
    "kakayun": kakayun_order.TELLER,
}
