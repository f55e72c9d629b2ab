"""The protocols that channels speak: what each wants of an operator. Pure.

A row here, a face or a follower in wiring.py, and how it is told in telling.py make a protocol.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.channels.agiso.wire import AgisoSettings
from connectors.channels.dujiao.wire import DujiaoSettings
from connectors.channels.goofish.wire import GoofishSettings
from connectors.channels.kakayun.wire import KakayunFaceSettings
from connectors.channels.kasushou.wire import KasushouFaceSettings
from connectors.channels.kasushou_supply.calls import KasushouSupplySettings

CONSENT: Final = "plaintext_codes"  # the setting by which codes leave in the clear
NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")  # where a protocol has numbers of products
EXTERNAL_PRODUCT: Final = re.compile(r"[!-~]{1,128}")
# What yes means, to whoever says it.
MEANS: Final = (
    "plaintext_codes=yes: codes, links and QR codes leave in the clear, to whoever holds this"
    " channel's secrets, in answers and in callbacks; each one handed out is a row of the log of"
    " views. Without it the channel offers top-ups only."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """`path` is what a house is given behind `/channels/NAME`; None: it does not call us.

    `number` is what a product's number has to be, in the house's own protocol. `calls_out`: we call
    it, at a base URL. `codes`: it has a way to hand codes over.
    """

    settings: type[Any]
    path: str | None
    number: Callable[[str], object] = EXTERNAL_PRODUCT.fullmatch
    calls_out: bool = False
    codes: bool = True

    @property
    def asks_consent(self) -> bool:
        """Whether codes leave in the clear only if that was said; else they always do."""
        return CONSENT in self.settings.__dataclass_fields__

    def hands_out_codes(self, settings: Any) -> bool:
        """Whether codes leave in the clear under these settings."""
        return self.codes and bool(getattr(settings, CONSENT, True))


ADAPTERS: Final[Mapping[str, Adapter]] = {
    "goofish": Adapter(settings=GoofishSettings, path="/goofish/"),
    "dujiao": Adapter(settings=DujiaoSettings, path="", number=NUMBER.fullmatch),
    "agiso": Adapter(settings=AgisoSettings, path="/", calls_out=True),
    "kasushou-supply": Adapter(
        settings=KasushouSupplySettings,
        path=None,
        number=NUMBER.fullmatch,
        calls_out=True,
        codes=False,
    ),
    "kakayun": Adapter(settings=KakayunFaceSettings, path="", number=NUMBER.fullmatch),
    "kasushou": Adapter(settings=KasushouFaceSettings, path="", number=NUMBER.fullmatch),
}
