"""People at a shop of one partner: they browse, order, look again and again, and try again.

    make locust                                               a shop of its own, and a page to watch
    QUANGATE_KEY=qk_… QUANGATE_SECRET=qs_… QUANGATE_SKU=VIP-MONTH \\
        locust -f bench/locustfile.py --host http://127.0.0.1:8080      a deployment of yours

The key needs the scopes orders:write and orders:read. QUANGATE_TOPUP_SKU names one that is topped
up, to which people come, too; QUANGATE_PEOPLE a file that the figures are written to. It is no
benchmark: locust signs while its clock runs and is slower than the gateway, and people wait;
`python -m bench compare` is for figures. Every order it places is a real one, paid from the key's
account.
"""

import json
import os
import random
import secrets
import time
from pathlib import Path
from typing import Any

from locust import FastHttpUser, between, events, task

from bench.presign import ORDERS, Credentials, signature_headers

# What people may be told in a healthy deployment: no failures of the load.
EXPECTED = frozenset({200, 201, 409, 422, 429})
ENDED = frozenset({"delivered", "failed", "partial", "refunded", "cancelled"})
LOOKS_MAX = 10  # then people give up looking, not waiting
PAUSE_S = (0.3, 1.5)  # between two looks


class Person(FastHttpUser):
    """Somebody at a partner's shop, which asks the gateway for each of their clicks."""

    wait_time = between(0.5, 3.0)

    def on_start(self) -> None:
        """Read the key from the environment; locust stops with the name of what is missing."""
        self.credentials = Credentials(
            key_id=os.environ["QUANGATE_KEY"], secret=os.environ["QUANGATE_SECRET"], delivery_key=""
        )
        self.sku = os.environ["QUANGATE_SKU"]
        self.account = os.environ.get("QUANGATE_ACCOUNT")  # where SKU is topped up
        self.topup = os.environ.get("QUANGATE_TOPUP_SKU")
        self.buyer = f"person-{secrets.token_hex(6)}"

    @task(6)
    def browse(self) -> None:
        """Look at what there is, and at one of it."""
        self._send("GET", "/v1/products", name="products")
        self._pause()
        self._send("GET", f"/v1/products/{self.sku}", name="product")

    @task(5)
    def buy(self) -> None:
        """Order a code, and look at it afterwards."""
        self._watch(self._order(self.sku, self.account))

    @task(2)
    def top_up(self) -> None:
        """Top a number up, and look until it is done."""
        if self.topup is not None:
            number = f"138{random.randrange(10**8):08d}"
            self._watch(self._order(self.topup, number))

    @task(1)
    def impatient(self) -> None:
        """Order, and order the same again: the shop's page was closed, or its answer was lost."""
        number = self._number()
        first = self._order(self.sku, self.account, number=number)
        again = self._order(self.sku, self.account, number=number, name="order again")
        if first and again and first != again:
            events.request.fire(
                request_type="CHECK", name="order again", response_time=0, response_length=0,
                exception=AssertionError(f"{number} became {first} and {again}"), context={},
            )  # fmt: skip

    @task(1)
    def look_back(self) -> None:
        """The orders of before."""
        self._send("GET", f"{ORDERS}?limit=20", name="orders")

    def _number(self) -> str:
        return f"people-{time.time_ns():x}-{secrets.token_hex(4)}"

    def _order(
        self, sku: str, account: str | None, *, number: str | None = None, name: str = "order"
    ) -> str | None:
        """Its order_no; None: there is none."""
        order = {
            "out_order_no": number or self._number(), "sku": sku, "buyer": {"id": self._number()}
        }  # fmt: skip
        if number is not None:
            order["buyer"] = {"id": self.buyer}
        if account:
            order["account"] = account
        answer: str | None = self._send("POST", ORDERS, json.dumps(order), name=name).get(
            "order_no"
        )
        return answer

    def _watch(self, order_no: str | None) -> None:
        """Look until it has ended, as long as people do."""
        for _ in range(LOOKS_MAX if order_no else 0):
            self._pause()
            seen = self._send("GET", f"{ORDERS}/{order_no}", name="order, looked at")
            if seen.get("state") in ENDED:
                return

    def _pause(self) -> None:
        from gevent import sleep

        sleep(random.uniform(*PAUSE_S))

    def _send(self, method: str, target: str, body: str = "", *, name: str) -> dict[str, Any]:
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


@events.quitting.add_listener
def write_figures(environment: Any, **_: Any) -> None:
    """What was measured, for whoever started this."""
    path = os.environ.get("QUANGATE_PEOPLE")
    if path is None:
        return
    stats = environment.stats
    rows = [*stats.entries.values(), stats.total]
    runner = environment.runner
    asked_for = environment.parsed_options.num_users or 0
    report = {
        "users": max(asked_for, runner.target_user_count if runner else 0),
        "seconds": max(0.0, (stats.last_request_timestamp or 0) - stats.start_time),
        "requests": [
            {
                "name": row.name, "requests": row.num_requests, "failures": row.num_failures,
                "per_s": row.total_rps, "p50_ms": row.get_response_time_percentile(0.5) or 0,
                "p95_ms": row.get_response_time_percentile(0.95) or 0,
                "p99_ms": row.get_response_time_percentile(0.99) or 0,
            }
            for row in rows
        ],
    }  # fmt: skip
    Path(path).write_text(json.dumps(report), encoding="utf-8")
