"""Orders and answers of DT One that several tests read."""

from typing import Any

from connectors.contract import (
    Context,
    QueryRequest,
    SubmitRequest,
)
from connectors.dtone.connector import Dtone
from connectors.dtone.wire import CLASS_NAMES, DtoneSettings
from connectors.secret import Secret

SECRET = Secret("demo_api_secret")


SETTINGS = DtoneSettings(api_key="demo_api_key", api_secret=SECRET)


DTONE = Dtone(base_url="http://dtone.test", settings=SETTINGS)


CHECKING = Dtone(
    base_url="http://dtone.test",
    settings=DtoneSettings(api_key="k", api_secret=SECRET, price_check=True),
)
CONTEXT = Context(now=1767225600.0)


NUMBER = "+6281234567890"


TOP_UP = SubmitRequest(attempt_no="T1", product_id="1310", account=NUMBER, currency="USD")


ASKED = QueryRequest(attempt_no="T1", product_id="1310", account=NUMBER, currency="USD")


PIN_ORDER = SubmitRequest(attempt_no="T1", product_id="1310", account=None, currency="USD")


def transaction(class_no: int, **more: Any) -> dict[str, Any]:
    """A transaction as DT One shows it."""
    name = CLASS_NAMES.get(class_no, "NOVEL")
    return {
        "id": 2237123891,
        "external_id": "T1",
        "status": {"id": class_no * 10_000, "message": name, "class": {"id": class_no}},
        "product": {"id": 1310},
        "credit_party_identifier": {"mobile_number": NUMBER},
        "prices": {"wholesale": {"amount": 9.8, "unit": "USD", "unit_type": "CURRENCY"}},
        **more,
    }


def errors(*codes: int) -> dict[str, Any]:
    """An error body."""
    return {"errors": [{"code": code, "message": f"m{code}"} for code in codes]}
