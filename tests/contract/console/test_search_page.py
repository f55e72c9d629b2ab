"""The box in the console's head: one match leads there, several are a page, a miss says what was
looked for (admin.md, "Finding")."""

from collections.abc import Mapping

import pytest

from gateway.search.pages import PLACES, SAID_SHAPES, SHAPED, shown
from gateway.search.rules import Match, Matched
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Page, Person, make_person

CODE = "SRCH-7F3K-9QXM"


@pytest.fixture(scope="module", autouse=True)
def _stocked(gateway: Gateway, command: Cli) -> None:
    """Pool and SKU of one name, and an order."""
    for words in (
        "partner create seeker",
        "account deposit seeker 100000 --reference first",
        "pool create twin",
        "codes generate 5 --pool twin --pattern TWIN-####-####",
        "sku create twin --name Twin --kind code --pool twin --price 1990",
        f"order place --as seeker --sku twin --out-no F-1 --url {gateway.url}",
    ):
        done = command(*words.split())
        assert done.returncode == 0, done.stderr


async def _look(tab: Browser, page: Page, text: str) -> Page:
    return await tab.submit(page.form("/console/search"), q=text)


async def test_any_number_leads_to_what_it_is(tab: Browser, people: Mapping[str, Person]) -> None:
    """One match: straight there. Several: by noun. None: what it was looked for as, and no echo."""
    support = people["support"]
    page = await tab.sign_in(support, "/console", code=support.recovery_codes.pop())
    found = await _look(tab, page, " F-1 ")
    assert found.path.startswith("/console/orders/")
    assert "1 × twin" in found.text
    several = await _look(tab, page, "twin")
    assert several.path == "/console/search"
    leads = {said.get("href") for _, said in several.tags}
    assert {"/console/pools/twin", "/console/skus/twin"} <= leads
    missed = await _look(tab, page, CODE)
    assert (missed.status, missed.path) == (200, "/console/search")
    assert "a code" in missed.text
    assert CODE not in missed.answer.text
    assert "in the box above" in (await tab.get("/console/search")).text
    refused = await tab.get(f"/console/search?q={CODE}")  # nothing is looked for from a URL
    assert refused.status == 400


async def test_who_may_not_search_codes(tab: Browser, people: Mapping[str, Person]) -> None:
    """He is told that it was not looked for as one."""
    viewer = people["viewer"]
    page = await tab.sign_in(viewer, "/console", code=viewer.recovery_codes.pop())
    missed = await _look(tab, page, CODE)
    assert "codes:search" in missed.text


async def test_the_21st_search_by_code_freezes(
    tab: Browser, people: Mapping[str, Person], command: Cli
) -> None:
    """At the console, too: it is refused, and stays so. Seen red where the refusal's trace was
    rolled back with it."""
    guesser = make_person(command, "guesser", "support")
    assert people
    page = await tab.sign_in(guesser, "/console", code=guesser.recovery_codes.pop())
    answers = [(await _look(tab, page, f"{CODE}-{n}")).status for n in range(21)]
    assert answers == [200] * 20 + [409]
    shown = command("operator", "show", "guesser", "--json").json
    assert shown["frozen"]


def test_every_shape_has_its_words() -> None:
    """Each kind is said, and every noun has its place."""
    assert set(SHAPED) == set(Matched)
    assert tuple(SHAPED.values()) == SAID_SHAPES
    match = Match(noun="batch", name="4", label="", matched="batch")
    assert shown([match], "4", codes=False) == {"leads": "/console/batches/4"}
    assert PLACES["order"] == "orders"


def test_what_belongs_to_one_order_leads_to_it() -> None:
    """Its message of the same number, its attempts by the upstream's; a change, or what another
    order has, is a page. Seen red: the order stood there twice, with its message.
    """

    def match(noun: str, name: str, matched: Matched) -> Match:
        return Match(noun=noun, name=name, label="", matched=matched)

    one = match("order", "7", Matched.ORDER_NO)
    same = [
        one,
        match("order", "7", Matched.WEBHOOK_ID),
        match("webhook", "7", Matched.WEBHOOK_ID),
    ]
    attempt = match("attempt", "9", Matched.ATTEMPT_NO)
    leads = {"leads": "/console/orders/7"}
    assert shown(same, "7", codes=False) == leads
    assert shown([match("order", "7", Matched.ATTEMPT_NO), attempt], "9", codes=False) == leads
    for several in (
        [*same, match("batch", "7", Matched.BATCH)],
        [*same, match("order", "8", Matched.ATTEMPT_NO), attempt],
        [one, match("webhook", "7", Matched.WEBHOOK_ID)],  # about no order
    ):
        assert "leads" not in shown(several, "7", codes=False)
