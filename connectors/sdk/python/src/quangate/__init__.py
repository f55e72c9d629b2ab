"""Client for Quangate: orders of virtual goods, signed; codes opened where they are wanted."""

from quangate import errors, models, webhooks
from quangate.async_client import AsyncQuangate
from quangate.client import Quangate
from quangate.codes import Code, InvalidCodeError, Opened
from quangate.errors import *  # noqa: F403
from quangate.models import Account, Delivery, Entry, Hold, Order, Product, Statement
from quangate.numbers import NumberStore
from quangate.problem import InvalidStatementError, QuangateError, UnknownOutcomeError
from quangate.webhooks import Event, InvalidWebhookError

__version__ = "0.1.0"
__all__ = [  # noqa: PLE0604
    "Account",
    "AsyncQuangate",
    "Code",
    "Delivery",
    "Entry",
    "Event",
    "Hold",
    "InvalidCodeError",
    "InvalidStatementError",
    "InvalidWebhookError",
    "NumberStore",
    "Opened",
    "Order",
    "Product",
    "Quangate",
    "QuangateError",
    "Statement",
    "UnknownOutcomeError",
    "errors",
    "models",
    "webhooks",
    *errors.__all__,
]
