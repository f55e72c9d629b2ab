"""The demo's own judgement: a broken promise must not pass for a kept one."""

import time
from dataclasses import replace

import aiohttp
import pytest

from gateway.demo.flash_book import FlashVerdict
from gateway.demo.receiver import Receiver
from gateway.demo.tally import Tally
from gateway.demo.topups import TopUpVerdict
from gateway.demo.verdict import Verdict, judge_codes
from gateway.ground.native import webhook_sign

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
GOOD = TopUpVerdict(
    topups_accepted=3,
    topups_delivered=3,
    executed_upstream=3,
    executed_by_phase={
        "both_well": {"north": 1, "south": 0},
        "north_fails": {"north": 0, "south": 1},
        "north_is_back": {"north": 1, "south": 0},
    },
    double_executions=0,
    executed_undelivered=0,
    uncertain_seen=1,
    uncertain_left=0,
    topup_refusals={},
    webhooks_delivered=4,
    webhooks_missing=0,
    webhooks_refused=0,
)


FLASH = FlashVerdict(
    flash_stock=9,
    flash_sold={"1111": 4, "live": 5},
    flash_refusals={"purchase-limit": 7},
    flash_goodput_per_s=1.0,
    flash_doubled=0,
    holds_made=3,
    holds_confirmed=1,
    held_expired=1,
    late_confirmed=1,
    holds_astray=0,
    borrowed=1,
    quota_over=0,
    quota_false_refusals=0,
    flood_p99_ratio=1.1,
    shelves_agree=True,
)


@pytest.mark.parametrize(
    "broken",
    [
        {"flash_sold": {"1111": 4, "live": 4}},
        {"flash_doubled": 1},
        {"holds_astray": 1},
        {"quota_over": 1},
        {"quota_false_refusals": 1},
        {"shelves_agree": False},
        {"flash_refusals": {"internal": 1}},
        # What it is there to show was not seen.
        {"held_expired": 0},
        {"late_confirmed": 0},
        {"borrowed": 0},
    ],
)
def test_one_broken_promise_about_the_campaign_is_enough(broken: dict[str, object]) -> None:
    """Each of them alone makes the demo fail; how slow the others were beside a flood does not."""
    assert replace(FLASH, flood_p99_ratio=9.0).ok
    assert not replace(FLASH, **broken).ok


@pytest.mark.parametrize(
    "broken",
    [
        {"topups_delivered": 2},
        {"executed_upstream": 4, "double_executions": 1},
        {"executed_undelivered": 1},
        {"uncertain_left": 1},
        {"webhooks_missing": 1},
        {"webhooks_refused": 1},
        {"topup_refusals": {"sold-out": 1}},
        # Nobody took over while north failed.
        {"executed_by_phase": {**GOOD.executed_by_phase, "north_fails": {"north": 1, "south": 0}}},
        # North was never tried again.
        {
            "executed_by_phase": {
                **GOOD.executed_by_phase,
                "north_is_back": {"north": 0, "south": 1},
            }
        },
        # Nothing happened at all.
        {"topups_accepted": 0, "topups_delivered": 0, "executed_upstream": 0},
    ],
)
def test_one_broken_promise_about_top_ups_is_enough(broken: dict[str, object]) -> None:
    """Each of them alone makes the demo fail."""
    assert GOOD.ok
    assert not replace(GOOD, **broken).ok


def test_one_broken_promise_about_codes_is_enough() -> None:
    """A code that two orders got, one that is not from the file, a lost order, a short sale."""
    tally = Tally()
    tally.order("rush", 201, {"out_order_no": "1"}, ("a", "b"))
    codes = {"a", "b"}
    good = judge_codes(tally, codes, imported=2, lost=0, seconds=1.0)
    assert good.ok
    all_good = Verdict(codes=good, flash=FLASH, top_ups=GOOD, leased_after_stop=0, audit_ok=True)
    assert all_good.ok
    assert not replace(all_good, flash=replace(FLASH, quota_over=1)).ok
    assert not replace(all_good, leased_after_stop=1).ok
    assert not replace(all_good, audit_ok=False).ok
    assert not judge_codes(tally, codes, imported=2, lost=1, seconds=1.0).ok
    assert not judge_codes(tally, codes, imported=3, lost=0, seconds=1.0).ok
    assert not judge_codes(tally, {"a", "c"}, imported=2, lost=0, seconds=1.0).ok
    tally.order("rush", 201, {"out_order_no": "2"}, ("a",))
    assert judge_codes(tally, codes, imported=3, lost=0, seconds=1.0).duplicates == 1


async def test_only_rightly_signed_messages_count() -> None:
    """Each once, however often it comes; what was changed, or has no signature, is refused."""
    receiver, now = Receiver(secret=SECRET), int(time.time())
    body = b'{"type":"webhook.test","timestamp":"2026-01-01T00:00:00Z","sequence":1,"data":{}}'
    right = webhook_sign(SECRET, "msg_1", now, body)
    stamped = {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": right}
    await receiver.start()
    try:
        async with aiohttp.ClientSession() as session:

            async def send(body: bytes, headers: dict[str, str]) -> int:
                async with session.post(receiver.url, data=body, headers=headers) as answer:
                    return answer.status

            assert await send(body, stamped) == await send(body, stamped) == 204
            assert await send(body + b" ", stamped) == 401
            assert await send(body, {"webhook-id": "msg_2"}) == 401
    finally:
        await receiver.stop()
    assert (receiver.delivered, receiver.repeated, receiver.refused) == (1, 1, 2)
    assert receiver.kinds == {"webhook.test": 1}
