"""What a webhook's answer leads to, which addresses are allowed, what an event shows. Pure."""

import ipaddress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.orders.record import OrderRecord
from gateway.webhooks.address_rule import may_connect
from gateway.webhooks.rules import (
    ATTEMPTS_MAX,
    NOT_ALLOWED,
    Answer,
    Decision,
    WebhookState,
    decide,
    order_at_event,
)

PENDING, DELIVERED, DEAD = WebhookState.PENDING, WebhookState.DELIVERED, WebhookState.DEAD
MINUTE, HOUR = 60, 3600


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_success(status: int) -> None:
    """Any 2xx."""
    assert decide(Answer(status=status), attempts_before=0, chance=0) == Decision(state=DELIVERED)


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (Answer(status=100), False),
        (Answer(status=199), False),
        (Answer(status=300), False),
        (Answer(status=302), False),  # not followed
        (Answer(status=400), False),
        (Answer(status=404), False),
        (Answer(status=500), False),  # it answers: no reason to stop asking
        (Answer(status=429), True),
        (Answer(status=503), True),
        (Answer(error="no answer within 15 s"), True),
        (Answer(error=NOT_ALLOWED), False),  # our refusal says nothing of the receiver
    ],
)
def test_failures(answer: Answer, failed: bool) -> None:
    """Everything else is tried again 5 s later; what does not answer counts for the breaker."""
    assert decide(answer, attempts_before=0, chance=0) == Decision(
        state=PENDING, delay_s=5, receiver_failed=failed
    )


def test_the_schedule() -> None:
    """0, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; then a dead letter."""
    decisions = [
        decide(Answer(status=500), attempts_before=n, chance=0) for n in range(ATTEMPTS_MAX)
    ]
    assert [decision.delay_s for decision in decisions] == [
        5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
        None,
    ]  # fmt: skip
    assert {decision.state for decision in decisions[:-1]} == {PENDING}
    assert decisions[-1].state is DEAD


def test_jitter_only_delays() -> None:
    """Chance spreads the delay upwards by at most a fifth."""
    assert decide(Answer(status=500), attempts_before=1, chance=1).delay_s == 360


def test_gone() -> None:
    """410 is final and concerns the endpoint."""
    assert decide(Answer(status=410), attempts_before=0, chance=0) == Decision(
        state=DEAD, endpoint_gone=True
    )


@pytest.mark.parametrize(
    ("status", "retry_after_s", "delay_s"),
    [
        (429, 60.0, 60),
        (503, 60.0, 60),
        (429, 1.0, 5),  # never before the schedule
        (429, None, 5),
        (500, 60.0, 5),  # means nothing there
        (429, 1e9, 86_400),  # nobody may silence itself for years
    ],
)
def test_retry_after(status: int, retry_after_s: float | None, delay_s: float) -> None:
    """Honoured with 429 and 503, up to a day."""
    answer = Answer(status=status, retry_after_s=retry_after_s)
    assert decide(answer, attempts_before=0, chance=0).delay_s == delay_s


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
        "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
        "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
        "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "fc00::1", "fd00:ec2::254", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1",
        "2001::1",  # Teredo
        "2001:db8::1",
        "2002:7f00:1::",  # 6to4
        "2a00::5efe:7f00:1",  # ISATAP
        "2a00::200:5efe:7f00:1",
        "3fff::1",
        "2130706433", "0x7f.1", "localhost", "",  # no address: only what a resolver gives counts
    ],
)  # fmt: skip
def test_refused_addresses(address: str) -> None:
    """What is not the public Internet, or embeds an IPv4 address."""
    assert not may_connect(address, ())


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "100.63.0.1", "100.128.0.1", "172.32.0.1", "2606:4700::1", "2a00::1"]
)
def test_public_addresses(address: str) -> None:
    """Anybody's servers."""
    assert may_connect(address, ())


def test_allowed_networks_overrule() -> None:
    """QUANGATE_WEBHOOK_ALLOW permits its networks and nothing else."""
    allow = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8"))
    assert may_connect("10.1.2.3", allow)
    assert may_connect("fd00::1", allow)
    assert not may_connect("10.2.0.1", allow)
    assert not may_connect("::ffff:10.1.2.3", allow)


THEN, NOW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
REVERSED = OrderRecord(
    partner_id=1, id=2, out_order_no="A", content_hash=b"", sku_id=3, quantity=5, amount=10,
    state="reversed", delivered_quantity=3, pool_id=None, seqs=None, account="138", metadata=None,
    failure='{"code":"x"}', created_at=THEN, updated_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "state", "delivered_quantity"),
    [
        ("order.delivered", "delivered", 5),
        ("order.partial", "partial", 3),
        ("order.uncertain", "uncertain", 0),
        ("order.failed", "failed", 0),
    ],
)
def test_an_event_shows_its_own_state(type_: str, state: str, delivered_quantity: int) -> None:
    """Even when the order has moved on before the first attempt."""
    assert order_at_event(REVERSED, type_, THEN) == replace(
        REVERSED, state=state, delivered_quantity=delivered_quantity, failure=None, updated_at=THEN
    )


def test_an_event_of_the_present_state() -> None:
    """Nothing is changed."""
    assert order_at_event(REVERSED, "order.reversed", THEN) is REVERSED
