"""A simulated DingConnect: instant transfers, no de-duplication, everything else by asking.

api.md's behaviours count by default. `--set sandbox=on` puts the platform's own UAT tails (001–009)
before them; `dedup=on` refuses a repeated DistributorRef; `currency` is the account's.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

from connectors.dingconnect.refusals import REFUSALS, UAT, Error
from connectors.dingconnect.replies import (
    error_reply,
    invalid,
    items_reply,
    ok_reply,
    out_of_range,
    outcome,
)
from connectors.dingconnect.views import (
    COUNTRY,
    LISTED,
    PROVIDER,
    PROVIDER_STATUS,
    REGION,
    is_pin,
    price_json,
    product_json,
    record_json,
    unsold_json,
)
from connectors.dingconnect.wire import (
    INVALID,
    OK,
    DingconnectSettings,
)
from connectors.exchange import ProtocolError
from connectors.loose import as_int, as_object, as_text, read_json, to_major, to_minor
from connectors.signing import same
from connectors.simulation.behaviour import Refusal
from connectors.simulation.ledger import Order, OrderState, Purchase
from connectors.simulation.platform import Call, CallbackMessage, Duplicates, Platform, Reply

TAKE_MAX: Final = 100  # assumption: what "too large" means


@dataclass(frozen=True, slots=True, kw_only=True)
class DingconnectSimulation(DingconnectSettings):
    """The connector's settings and the simulator's switches."""

    sandbox: bool = False
    dedup: bool = False
    currency: str = "CNY"


class DingconnectPlatform(Platform):
    """The platform's side of wire.py."""

    NAME: ClassVar[str] = "dingconnect"
    DEFAULTS: ClassVar[Mapping[str, str]] = {"api_key": "demo_api_key"}
    SETTINGS: ClassVar[type[Any] | None] = DingconnectSimulation
    DUPLICATES: ClassVar[Duplicates] = Duplicates.ACCEPT

    def __init__(self, settings: DingconnectSimulation) -> None:
        self.settings = settings
        self._reads: dict[str, Callable[[Call], Reply]] = {
            "getbalance": self._balance,
            "getproducts": self._products,
            "getproductdescriptions": self._descriptions,
            "getproviders": lambda _call: items_reply([PROVIDER]),
            "getproviderstatus": lambda _call: items_reply([PROVIDER_STATUS]),
            "getcountries": lambda _call: items_reply([COUNTRY]),
            "getcurrencies": lambda _call: items_reply([self._currency_json()]),
            "getregions": lambda _call: items_reply([REGION]),
            "getpromotions": lambda _call: items_reply([]),
            "getpromotiondescriptions": lambda _call: items_reply([]),
            "geterrorcodedescriptions": lambda _call: items_reply(_ERROR_DESCRIPTIONS),
            "getaccountlookup": self._lookup,
        }
        self._writes: dict[str, Callable[[Call, Any], Awaitable[Reply]]] = {
            "sendtransfer": self._send,
            "listtransferrecords": self._list,
            "estimateprices": self._estimate,
            "canceltransfers": self._cancel,
            "lookupbills": self._bills,
        }

    async def handle(self, call: Call) -> Reply:
        """Operations by the last part of the path, in any case, under any prefix."""
        if not same(call.headers.get("api_key", ""), self.settings.api_key.reveal()):
            return error_reply(REFUSALS[Refusal.CREDENTIALS])
        operation = call.path.rstrip("/").rpartition("/")[2].lower()
        read = self._reads.get(operation)
        if read is not None:
            return read(call)
        write = self._writes.get(operation)
        if write is None:
            return Reply(status=404, body=b'{"Message":"No HTTP resource was found."}')
        try:
            body = read_json(call.body or b"{}")
        except ProtocolError:
            return error_reply(invalid(""))
        return await write(call, _lower(body))

    # --- transfers --------------------------------------------------------------------------------

    async def _send(self, call: Call, body: Any) -> Reply:
        members = as_object(body)
        account, sku = as_text(members.get("accountnumber")), as_text(members.get("skucode"))
        our_no = as_text(members.get("distributorref"))
        value = to_minor(members.get("sendvalue"), self.settings.currency)
        required = {
            "SkuCode": sku,
            "SendValue": value,
            "AccountNumber": account,
            "DistributorRef": our_no,
        }
        missing = [name for name, given in required.items() if not given]
        validate_only = members.get("validateonly")
        if not isinstance(validate_only, bool):
            missing.append("ValidateOnly")
        if missing or sku is None or value is None or account is None or our_no is None:
            return error_reply(invalid(missing[0] if missing else ""))
        purchase = Purchase(
            our_no=our_no,
            product=sku,
            account=account,
            face_minor=value,
            instant="defertransfer" not in call.headers.get("x-option", "").lower(),
        )
        error = self._precheck(purchase, value)
        if error is not None:
            return self._unsold(error, purchase)
        if validate_only:
            record = unsold_json(sku, our_no, account, "Complete")
            return ok_reply({"TransferRecord": record})
        return await self.market.sell(purchase)

    def _precheck(self, purchase: Purchase, value_minor: int) -> Error | None:
        """What is refused before anything is sold."""
        if purchase.account.startswith("+"):
            return REFUSALS[Refusal.ACCOUNT]
        if value_minor < 0:
            return REFUSALS[Refusal.PRICE]
        if self.settings.dedup and self.market.ledger.with_our_no(purchase.our_no):
            return REFUSALS[Refusal.DUPLICATE]
        return UAT.get(purchase.account[-3:]) if self.settings.sandbox else None

    def _unsold(self, error: Error, purchase: Purchase) -> Reply:
        record = unsold_json(purchase.product, purchase.our_no, purchase.account, "Failed")
        return error_reply(error, {"TransferRecord": record})

    async def _list(self, _call: Call, body: Any) -> Reply:
        """Records by an index where a number is given, else all of them, newest first."""
        members = as_object(body)
        take, skip = as_int(members.get("take")), as_int(members.get("skip") or 0)
        if take is None or not 1 <= take <= TAKE_MAX:
            return error_reply(out_of_range("Take"))
        if skip is None or skip < 0:
            return error_reply(out_of_range("Skip"))
        wanted = {name: as_text(members.get(name)) for name in _FILTERS}
        orders = self._candidates(wanted, skip + take + 1)
        if any(order.behaviour.queries_fail for order in orders):
            return Reply(status=500, body=b"Internal Server Error", content_type="text/html")
        items = [
            {**outcome(OK), "TransferRecord": record_json(order, self.settings.currency)}
            for order in orders[skip : skip + take]
        ]
        return ok_reply({"Items": items, "ThereAreMoreItems": len(orders) > skip + take})

    def _candidates(self, wanted: Mapping[str, str | None], count: int) -> list[Order]:
        ledger, now = self.market.ledger, time.time()
        if wanted["transferref"] is not None:
            order = ledger.with_upstream_no(wanted["transferref"])
            found = [] if order is None else [order]
        elif wanted["distributorref"] is not None:
            found = ledger.with_our_no(wanted["distributorref"])
        elif wanted["accountnumber"] is not None:
            found = ledger.with_account(wanted["accountnumber"])[-count:]
        else:
            found = ledger.orders[-count:]
        return [
            order
            for order in reversed(found)
            if order.visible_at <= now
            and wanted["distributorref"] in (None, order.our_no)
            and wanted["accountnumber"] in (None, order.account)
        ]

    async def _cancel(self, _call: Call, body: Any) -> Reply:
        refs, error = _batch(body)
        if error is not None:
            return error_reply(error)
        items = [self._cancel_one(ref, as_object(item.get("transferid"))) for ref, item in refs]
        return ok_reply({"Items": items})

    def _cancel_one(self, batch_ref: str, transfer: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {
            "transferref": as_text(transfer.get("transferref")),
            "distributorref": as_text(transfer.get("distributorref")),
            "accountnumber": None,
        }
        known = wanted["transferref"] is not None or wanted["distributorref"] is not None
        orders = self._candidates(wanted, 1) if known else []
        done = bool(orders) and self.market.cancel(orders[0])
        if orders:
            record = record_json(orders[0], self.settings.currency)
        else:  # assumption: an unknown one is echoed, as a failed transfer
            ours, theirs = wanted["distributorref"] or "", wanted["transferref"] or "0"
            record = unsold_json("", ours, "", "Failed")
            record["TransferId"] = {"TransferRef": theirs, "DistributorRef": ours}
        return {
            **(outcome(OK) if done else outcome(INVALID, invalid("TransferId"))),
            "TransferId": record["TransferId"],
            "ProcessingState": record["ProcessingState"],
            "BatchItemRef": batch_ref,
        }

    async def _estimate(self, _call: Call, body: Any) -> Reply:
        refs, error = _batch(body)
        if error is not None:
            return error_reply(error)
        currency = self.settings.currency
        items = []
        for batch_ref, item in refs:
            asked = item.get("sendvalue") or item.get("receivevalue")
            value = to_minor(asked, currency) or 1000
            item_json = {"Price": price_json(value, currency), "BatchItemRef": batch_ref}
            sku = as_text(item.get("skucode"))
            named = {} if sku is None else {"SkuCode": sku}
            items.append({**outcome(OK), **item_json, **named})
        return ok_reply({"Items": items})

    async def _bills(self, _call: Call, _body: Any) -> Reply:
        return items_reply([])

    # --- the platform's part of the market --------------------------------------------------------

    def settled(self, order: Order) -> None:
        """PIN products bring their PIN in the receipt."""
        if order.state is OrderState.SUCCESS and is_pin(order.product, order.account):
            order.codes = ((self.market.serial(order), order.upstream_no),)

    def accepted(self, order: Order) -> Reply:
        """The record as it stands: Complete for instant transfers, Submitted for deferred ones."""
        return ok_reply({"TransferRecord": record_json(order, self.settings.currency)})

    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:
        """A Failed record with its error codes; a 429 says when to come back."""
        reply = self._unsold(REFUSALS[refusal], purchase)
        if refusal is not Refusal.THROTTLED:
            return reply
        headers = {"Retry-After": str(self.market.options.retry_after_s)}
        return Reply(status=reply.status, body=reply.body, headers=headers)

    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:  # noqa: ARG002
        """None: the payload of its webhook is not confirmed."""
        return None

    def acknowledged(self, status: int, body: bytes) -> bool:  # noqa: ARG002
        """Nothing is ever sent."""
        return True

    # --- reading ----------------------------------------------------------------------------------

    def _balance(self, _call: Call) -> Reply:
        balance = float(to_major(self.market.balance_minor, self.settings.currency))
        return ok_reply({"Balance": balance, "CurrencyIso": self.settings.currency})

    def _products(self, call: Call) -> Reply:
        skus = _listed(call, "skucodes") or list(LISTED)
        return items_reply([product_json(sku, self.settings.currency) for sku in skus])

    def _descriptions(self, call: Call) -> Reply:
        skus = _listed(call, "skucodes") or list(LISTED)
        return items_reply(
            [
                {
                    "DisplayText": product_json(sku, self.settings.currency)["DefaultDisplayText"],
                    "DescriptionMarkdown": "",
                    "ReadMoreMarkdown": "",
                    "LocalizationKey": sku,
                    "LanguageCode": "en",
                }
                for sku in skus
            ]
        )

    def _lookup(self, call: Call) -> Reply:
        fields = {name.lower(): value for name, value in call.query_fields().items()}
        members = {
            "CountryIso": "CN",
            "AccountNumberNormalized": fields.get("accountnumber", "").lstrip("+ "),
            "Items": [{"ProviderCode": "DEMO", "RegionCode": "CN"}],
        }
        return ok_reply(members)

    def _currency_json(self) -> dict[str, str]:
        return {"CurrencyIso": self.settings.currency, "CurrencyName": self.settings.currency}


_FILTERS: Final = ("transferref", "distributorref", "accountnumber")
_ERROR_DESCRIPTIONS: Final = [
    {"Code": code, "Message": code}
    for code in sorted({error.code for error in (*REFUSALS.values(), *UAT.values())})
]


def _lower(value: Any) -> Any:
    """Member names in lower case: the platform does not mind their spelling."""
    if isinstance(value, dict):
        return {str(name).lower(): _lower(member) for name, member in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value


def _listed(call: Call, name: str) -> list[str]:
    """A repeated or comma-separated query member, whatever its case."""
    fields = parse_qsl(call.query)
    values = [value for key, value in fields if key.lower().rstrip("[]") == name]
    return [part for value in values for part in value.split(",") if part]


def _batch(body: Any) -> tuple[list[tuple[str, dict[str, Any]]], Error | None]:
    """The items of a bare array, each with its own BatchItemRef."""
    items = [as_object(item) for item in body] if isinstance(body, list) else []
    refs = [as_text(item.get("batchitemref")) or "" for item in items]
    if not items or not all(refs) or len(set(refs)) < len(refs):
        return [], invalid("BatchItemRef")
    return list(zip(refs, items, strict=True)), None
