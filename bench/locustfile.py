"""An open-ended load with a web page to watch it: signed orders, queries and products.

    QUANGATE_KEY=qk_… QUANGATE_SECRET=qs_… QUANGATE_SKU=VIP-MONTH \\
        locust -f bench/locustfile.py --host http://127.0.0.1:8080

The key needs the scopes orders:write and orders:read. For operators who want to see a
deployment under a mix of requests. It is no benchmark: locust signs while its clock runs and
is slower than the gateway; `python -m bench compare` is for figures. Every order it places is
a real one, paid from the key's account.
"""

import json
import os
import secrets
import time
from typing import Any

from locust import FastHttpUser, between, task

from bench.presign import ORDERS, Credentials, signature_headers

# Outcomes that an order may have in a healthy deployment: they are not failures of the load.
EXPECTED = frozenset({200, 201, 409, 422, 429})


class Partner(FastHttpUser):
    """One client of a partner: mostly orders, now and then a look at one, or at the products."""

    wait_time = between(0.0, 0.02)

    def on_start(self) -> None:
        """Read the key from the environment; locust stops with the name of what is missing."""
        self.credentials = Credentials(
            key_id=os.environ["QUANGATE_KEY"], secret=os.environ["QUANGATE_SECRET"], delivery_key=""
        )
        self.sku = os.environ["QUANGATE_SKU"]
        self.account = os.environ.get("QUANGATE_ACCOUNT")  # for top-up SKUs
        self.last_order_no: str | None = None

    @task(20)
    def order(self) -> None:
        """Place an order under a fresh number."""
        number = f"locust-{time.time_ns():x}-{secrets.token_hex(4)}"
        order = {"out_order_no": number, "sku": self.sku, "buyer": {"id": number}}
        if self.account:
            order["account"] = self.account
        answer = self._send("POST", ORDERS, json.dumps(order), name=ORDERS)
        if "order_no" in answer:
            self.last_order_no = answer["order_no"]

    @task(3)
    def look(self) -> None:
        """Query the last order."""
        if self.last_order_no:
            self._send("GET", f"{ORDERS}/{self.last_order_no}", "", name=f"{ORDERS}/{{order_no}}")

    @task(1)
    def products(self) -> None:
        """List what is on offer."""
        self._send("GET", "/v1/products", "", name="/v1/products")

    def _send(self, method: str, target: str, body: str, *, name: str) -> dict[str, Any]:
        headers = signature_headers(
            self.credentials, method=method, target=target, body=body.encode(),
            timestamp_s=int(time.time()), nonce=secrets.token_hex(16),
        )  # fmt: skip
        headers["Content-Type"] = "application/json"
        with self.client.request(
            method, target, data=body or None, headers=headers, name=name, catch_response=True
        ) as response:
            if response.status_code in EXPECTED:
                response.success()
            try:
                answer = response.json()
            except ValueError:
                return {}
        return answer if isinstance(answer, dict) else {}
