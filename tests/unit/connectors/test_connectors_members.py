"""Every member of a platform's answers is used, compared, or ignored for a reason that is written.

The names are upstreams.md's, copied by hand: a document that says more gets a row here first.
"""

import re
from pathlib import Path
from typing import Final

import pytest

from connectors import registry

ROOT: Final = Path(__file__).parents[3] / "connectors"
BY_FILE: Final = ("kakayun", "xingquanyi", "fengzhushou")
ROW: Final = re.compile(r"\| (?P<names>`.+`) \| (?P<verdict>\w+) \| (?P<how>.+) \|")
# Members of orders, transactions and callbacks, as upstreams.md §1 and §9 have them.
DOCUMENTED: Final = {
    "fulu": """order_id customer_order_no product_id product_name charge_account buy_num order_type
        order_price order_state order_status create_time finish_time area server type
        operator_serial_number cards card_pwds charge_finish_time recharge_description price""",
    "kasushou": """ordersn external_orderno total_price status has_back_money recharge_info
        recharge_hints card_list time sign express_list""",
    "dayuanren": """id order_number out_trade_num mobile product_id total_price create_time guishu
        title status state charge_amount charge_kami isp finish_time remark voucher userid otime
        sign""",
    "dtone": """id external_id creation_date confirmation_date confirmation_expiration_date status
        operator_reference pin product prices rates benefits callback_url
        credit_party_identifier""",
    "reloadly": """transactionId customIdentifier status operatorId recipientPhone requestedAmount
        requestedAmountCurrencyCode discount fee deliveredAmount product amount currencyCode
        recipientEmail senderPhone countryCode cardNumber pinCode""",
    "dingconnect": """TransferRef DistributorRef SkuCode SendValue SendCurrencyIso DistributorFee
        CustomerFee CommissionApplied StartedUtc CompletedUtc ProcessingState ReceiptText
        ReceiptParams AccountNumber ResultCode ErrorCodes""",
    "dujiao": """order_id order_no downstream_order_no status amount currency refunded_amount items
        fulfillment
        timestamp event""",
    "kakayun": """orderno usorderno money buynum status refundmoney refundstatus receipt cardlist
        cards push_type timestamp sign""",
    "xingquanyi": """id order_id product_id product_type product_price quantity total_price
        refunded_amount state state_info recharge_account recharge_info recharge_url outer_order_id
        cards tickets customer_id created_at timestamp sign""",
    "fengzhushou": "orderNo channelOrderNo skuPrice status message",
    "generic": "",  # whatever its file names
}


def tables() -> dict[str, dict[str, tuple[str, str]]]:
    """The README's tables: platform → member → (verdict, how)."""
    text = (ROOT / "README.md").read_text()
    section = text.partition("## What is read of each platform's answers")[2].partition("\n## ")[0]
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for part in section.split("\n### ")[1:]:
        name, _, rows = part.partition("\n")
        found[name.strip()] = {
            member: (row["verdict"], row["how"])
            for row in ROW.finditer(rows)
            for member in re.findall(r"`([^`]+)`", row["names"])
        }
    return found


def source(platform: str) -> str:
    """What the connector reads answers with; not its simulator."""
    file = ROOT / "generic" / f"{platform}.toml"
    if platform in BY_FILE:
        # A path's last step, quoted as a name is in a module.
        values = re.findall(r'= "([^"{}]*)"', file.read_text(encoding="utf-8"))
        steps = [value.partition(":")[0].rpartition(".")[2] for value in values]
        return " ".join(f'"{step}"' for step in steps)
    names = ("wire", "connector", "reading", "bill")
    files = (ROOT / platform / f"{name}.py" for name in names)
    return "\n".join(file.read_text() for file in files if file.exists())


@pytest.mark.parametrize("platform", registry.names())
def test_every_documented_member_is_in_the_table(platform: str) -> None:
    """No member of a document is forgotten; a verdict is one of three, and has its reason."""
    table = tables()[platform]
    assert set(DOCUMENTED[platform].split()) - set(table) == set()
    assert {verdict for verdict, _ in table.values()} <= {"compared", "used", "ignored"}
    assert all(how.strip() for _, how in table.values())


@pytest.mark.parametrize("platform", registry.names())
def test_the_table_says_what_the_connector_does(platform: str) -> None:
    """What is used or compared is read somewhere, and what is ignored nowhere.

    Seen red with `has_back_money` in the table and not in the connector, as it was.
    """
    text = source(platform)
    # Names that a request or another answer has, too.
    elsewhere = {
        "dayuanren": {"userid", "id"},
        "dtone": {"callback_url", "fee"},
        "reloadly": {"unitPrice", "recipientEmail", "countryCode"},
        "fulu": {"type", "product_name"},
        "kasushou": {"express_list"},
        "dujiao": {"items"},
        # Told with another name beside them, or put there by `into`.
        "kakayun": {"sign"},
        "xingquanyi": {"sign", "cards", "tickets", "quantity", "product_id"},
    }.get(platform, set())
    for member, (verdict, _) in tables()[platform].items():
        is_read = f'"{member}"' in text
        if member not in elsewhere:
            assert is_read == (verdict != "ignored"), member
