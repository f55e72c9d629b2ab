"""DingConnect's simulator, where it differs from the others: upstreams.md §1.5 and §9."""

import json
from typing import Any

import pytest

from connectors.simulation.market import Market
from connectors.simulation.platform import Call, Reply
from connectors.simulation.server import build


async def ask(
    market: Market, operation: str, body: Any = None, *, key: str = "demo_api_key", **headers: str
) -> tuple[Reply, Any]:
    """One request to the simulated platform."""
    reply = await market.platform.handle(
        Call(
            method="GET" if body is None else "POST",
            path=f"/api/V1/{operation}",
            query="",
            headers={"api_key": key, **headers},
            body=b"" if body is None else json.dumps(body).encode(),
        )
    )
    return reply, json.loads(reply.body)


def transfer(account: str = "8613800138000", **more: Any) -> dict[str, Any]:
    """The body of SendTransfer."""
    members = {"SkuCode": "S", "SendValue": 10, "AccountNumber": account, "DistributorRef": "T1"}
    return {**members, "ValidateOnly": False, **more}


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    """A body that lacks one member."""
    return {key: value for key, value in body.items() if key != name}


@pytest.mark.parametrize(
    ("body", "code", "context"),
    [
        (without(transfer(), "ValidateOnly"), "ParameterInvalid", "ValidateOnly"),
        (transfer(ValidateOnly="false"), "ParameterInvalid", "ValidateOnly"),
        (without(transfer(), "SkuCode"), "ParameterInvalid", "SkuCode"),
        (without(transfer(), "SendValue"), "ParameterInvalid", "SendValue"),
        (without(transfer(), "DistributorRef"), "ParameterInvalid", "DistributorRef"),
        (transfer("+8613800138000"), "AccountNumberInvalid", ""),
    ],
)
async def test_the_simulator_insists_on_what_the_platform_does(
    body: dict[str, Any], code: str, context: str
) -> None:
    """ResultCode 4 with the platform's code and context; nothing is executed."""
    market = build("dingconnect")
    _, answer = await ask(market, "SendTransfer", body)
    assert answer["ResultCode"] == 4
    expected = {"Code": code, "Context": context} if context else {"Code": code}
    assert answer["ErrorCodes"] == [expected]
    assert market.ledger.orders == []


async def test_the_simulator_pays_twice_unless_told_otherwise() -> None:
    """No de-duplication by default: two executions; dedup=on prevents the second."""
    market = build("dingconnect")
    for _ in range(2):
        _, answer = await ask(market, "SendTransfer", transfer())
        assert answer["TransferRecord"]["ProcessingState"] == "Complete"
    assert len(market.ledger.executions()) == 2
    careful = build("dingconnect", settings={"dedup": "on"})
    await ask(careful, "SendTransfer", transfer())
    _, answer = await ask(careful, "SendTransfer", transfer())
    assert answer["ErrorCodes"][0]["Code"] == "DuplicateTransactionPrevented"
    assert len(careful.ledger.executions()) == 1


async def test_validation_executes_nothing() -> None:
    """ValidateOnly true answers as if, and charges nothing."""
    market = build("dingconnect")
    _, answer = await ask(market, "SendTransfer", transfer(ValidateOnly=True))
    assert answer["ResultCode"] == 1
    assert answer["TransferRecord"]["TransferId"]["TransferRef"] == "0"
    assert market.ledger.orders == []


async def test_member_names_may_be_spelled_in_any_case() -> None:
    """camelCase is read as well as PascalCase."""
    market = build("dingconnect")
    body = {name[0].lower() + name[1:]: value for name, value in transfer().items()}
    _, answer = await ask(market, "sendtransfer", body)
    assert answer["ResultCode"] == 1


async def test_deferred_transfers_are_submitted_first() -> None:
    """`X-Option: DeferTransfer` answers Submitted; it can be cancelled, once."""
    market = build("dingconnect")
    _, answer = await ask(market, "SendTransfer", transfer(), **{"x-option": "DeferTransfer"})
    assert answer["TransferRecord"]["ProcessingState"] == "Submitted"
    batch = [{"TransferId": {"DistributorRef": "T1"}, "BatchItemRef": "1"}]
    _, cancelled = await ask(market, "CancelTransfers", batch)
    assert cancelled["Items"][0]["ProcessingState"] == "Cancelled"
    assert market.ledger.executions() == []
    _, again = await ask(market, "CancelTransfers", batch)
    assert again["Items"][0]["ResultCode"] == 4
    await market.close()


@pytest.mark.parametrize("take", [None, 0, -1, 101, "many"])
async def test_take_is_required_and_bounded(take: Any) -> None:
    """Absent, 0 or too large: ParameterOutOfRange."""
    _, answer = await ask(build("dingconnect"), "ListTransferRecords", {"Take": take})
    assert answer["ErrorCodes"] == [{"Code": "ParameterOutOfRange", "Context": "Take"}]


async def test_records_are_wrapped_and_paged() -> None:
    """Newest first, each with its own ResultCode, and whether there are more."""
    market = build("dingconnect")
    for number in range(3):
        await ask(market, "SendTransfer", transfer(DistributorRef=f"T{number}"))
    _, answer = await ask(market, "ListTransferRecords", {"Take": 2})
    assert answer["ThereAreMoreItems"] is True
    refs = [i["TransferRecord"]["TransferId"]["DistributorRef"] for i in answer["Items"]]
    assert refs == ["T2", "T1"]
    assert {item["ResultCode"] for item in answer["Items"]} == {1}
    _, rest = await ask(market, "ListTransferRecords", {"Take": 2, "Skip": 2})
    assert (len(rest["Items"]), rest["ThereAreMoreItems"]) == (1, False)
    _, one = await ask(
        market, "ListTransferRecords", {"Take": 2, "DistributorRef": "T1", "AccountNumber": "9"}
    )
    assert one["Items"] == []


@pytest.mark.parametrize("operation", ["EstimatePrices", "CancelTransfers"])
@pytest.mark.parametrize(
    "body", [{}, [], [{}], [{"BatchItemRef": "1"}, {"BatchItemRef": "1"}], [1]]
)
async def test_batches_are_bare_arrays_with_unique_refs(operation: str, body: Any) -> None:
    """Anything else is ParameterInvalid."""
    _, answer = await ask(build("dingconnect"), operation, body)
    assert answer["ErrorCodes"] == [{"Code": "ParameterInvalid", "Context": "BatchItemRef"}]


@pytest.mark.parametrize(
    ("tail", "status", "code"),
    [
        ("001", 200, "RateLimited"),
        ("002", 200, "ProviderTimedOut"),
        ("003", 200, "ProviderRefusedRequest"),
        ("004", 200, "ProductUnavailable"),
        ("005", 200, "AccountNumberInvalid"),
        ("007", 500, "InsufficientBalance"),
        ("008", 200, "AccountNumberFailedRegex"),
        ("009", 200, "RechargeNotAllowed"),
    ],
)
async def test_uat_tails_when_asked_for(tail: str, status: int, code: str) -> None:
    """sandbox=on: the platform's own UAT numbers, none of which executes."""
    market = build("dingconnect", settings={"sandbox": "on"})
    reply, answer = await ask(market, "SendTransfer", transfer(f"8613800138{tail}"))
    assert (reply.status, answer["ErrorCodes"][0]["Code"]) == (status, code)
    assert market.ledger.orders == []


@pytest.mark.parametrize(
    "operation",
    [
        "GetBalance",
        "GetProducts",
        "GetProductDescriptions",
        "GetProviders",
        "GetProviderStatus",
        "GetCountries",
        "GetCurrencies",
        "GetRegions",
        "GetPromotions",
        "GetErrorCodeDescriptions",
        "GetAccountLookup",
    ],
)
async def test_what_clients_read_first(operation: str) -> None:
    """The reads that clients make before they send anything, with a key and without."""
    reply, answer = await ask(build("dingconnect"), operation)
    assert (reply.status, answer["ResultCode"]) == (200, 1)
    denied, answer = await ask(build("dingconnect"), operation, key="wrong")
    assert denied.status == 401
    assert answer["ErrorCodes"][0]["Code"] == "AuthenticationFailed"


async def test_pin_products_bring_a_pin() -> None:
    """For the documented account, and for the catalogue's own cards."""
    market = build("dingconnect")
    _, answer = await ask(market, "SendTransfer", transfer("0000000000"))
    assert answer["TransferRecord"]["ReceiptParams"]["pin"]
    _, plain = await ask(market, "SendTransfer", transfer())
    assert "pin" not in plain["TransferRecord"]["ReceiptParams"]
