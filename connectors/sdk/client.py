"""The Python client, as this program itself uses it: the one that lies beside this file.

The demo, the tests and the bench order with what partners order with. `quangate` is a package of
its own, published apart; here it is imported from its sources, whatever else is installed.
"""

import sys
from pathlib import Path
from typing import Final

SOURCES: Final = str(Path(__file__).parent / "python" / "src")
if SOURCES not in sys.path:
    sys.path.insert(0, SOURCES)

from quangate import AsyncQuangate, Code, Order, QuangateError, webhooks  # noqa: E402
from quangate.codes import KeyRing  # noqa: E402
from quangate.signing import Signer  # noqa: E402

__all__ = [
    "AsyncQuangate",
    "Code",
    "KeyRing",
    "Order",
    "QuangateError",
    "Signer",
    "webhooks",
]
