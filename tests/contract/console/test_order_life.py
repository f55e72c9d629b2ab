"""An order's life on one page: what happened, links, and forms in place (admin.md, "Finding")."""

from collections.abc import Mapping

import pytest

from gateway.ground.desk.html.wording import CHINESE
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Page, Person


@pytest.fixture(scope="module")
def order_no(gateway: Gateway, command: Cli) -> str:
    """An order of two codes."""
    for words in (
        "partner create lifer",
        "account deposit lifer 100000 --reference first",
        "pool create life",
        "codes generate 5 --pool life --pattern LIFE-####-####",
        "sku create LIFE --name Life --kind code --pool life --price 1990",
    ):
        done = command(*words.split())
        assert done.returncode == 0, done.stderr
    placed = command(
        "order", "place", "--as", "lifer", "--sku", "LIFE", "--quantity", "2", "--out-no", "L-1",
        "--url", gateway.url, "--json",
    )  # fmt: skip
    return str(placed.json["order_no"])


async def _signed_in(tab: Browser, person: Person, to: str) -> Page:
    """By a recovery code: nobody waits for the next one-time code."""
    return await tab.sign_in(person, to, code=person.recovery_codes.pop())


async def test_a_life_is_read_in_ones_own_language(
    tab: Browser, admin: Person, order_no: str
) -> None:
    """Events with money as people write it, states in words, and no code."""
    page = await _signed_in(tab, admin, f"/console/orders/{order_no}")
    assert page.status == 200
    assert "charged -39.80 CNY" in page.text
    assert "2 codes from the pool life" in page.text
    assert "2 of 2" in page.text
    assert "LIFE-" not in page.text.replace("LIFE ", "")
    tab.language = CHINESE
    page = await tab.get(f"/console/orders/{order_no}")
    assert "取自卡池 life 的 2 个卡密" in page.text
    assert "已完结 已交付" in page.text


async def test_every_id_is_a_link(tab: Browser, admin: Person, order_no: str) -> None:
    """What the page leads to answers 200: partner, SKU, pool, entry, view.

    Seen red where entries, whose names have a colon, had no page, and where a view was named by
    its link of the chain.
    """
    page = await _signed_in(tab, admin, f"/console/orders/{order_no}")
    leads = {each for each in page.links.values() if each.startswith("/console/")}
    ours = {path for path in leads if "lang=" not in path and path != "/console/audit"}
    assert {"/console/partners/lifer", "/console/skus/LIFE", "/console/pools/life"} <= ours
    assert any(path.startswith("/console/entries/lifer%3A") for path in ours)
    assert any(path.startswith("/console/reveals/") for path in ours)
    answers = {path: (await tab.get(path)).status for path in sorted(ours)}
    assert answers == dict.fromkeys(answers, 200)


async def test_what_may_be_done_is_done_in_place(
    tab: Browser, admin: Person, order_no: str
) -> None:
    """A case is opened and a code is shown from the page itself; what came of it stands there."""
    page = await _signed_in(tab, admin, f"/console/orders/{order_no}")
    form = page.form("/cases/create")
    assert form.fields["order_no"] == order_no
    opened = await tab.submit(form, kind="question", reason="where is it")
    assert opened.status == 201
    form = page.form("/reveal")
    assert "one_time_code" in form.kinds
    shown = await tab.submit(
        form, index="1", reason="the customer asked", one_time_code=admin.code()
    )
    assert "LIFE-" in shown.text
    # Loaded again, though the one-time code has made another session of it: nothing is seen anew.
    typed = {**form.fields, "index": "1", "reason": "the customer asked", "one_time_code": "000000"}
    again = await tab.post(form.action, typed)
    assert (again.status, "LIFE-" in again.text) == (200, False)
    assert "This was done before" in again.text
    assert "What was shown once is not shown again" in again.text
    other = await tab.post(form.action, {**typed, "index": "0"})
    assert other.status == 403
    page = await tab.get(f"/console/orders/{order_no}")
    assert "where is it" in page.text
    assert "code 1, by operator: the customer asked" in page.text
    assert "one_time_code" not in page.form("/reveal").kinds  # it is good for five minutes


async def test_who_may_not_sees_no_form(
    tab: Browser, people: Mapping[str, Person], order_no: str
) -> None:
    """Whoever only reads sees the life, and nothing to do."""
    page = await _signed_in(tab, people["viewer"], f"/console/orders/{order_no}")
    assert page.status == 200
    assert not [f for f in page.forms if order_no in f.action or "cases" in f.action]


async def test_of_an_order_from_stock_nothing_is_to_be_decided(
    tab: Browser, admin: Person, order_no: str
) -> None:
    """What could only be refused is not offered; asked for nevertheless it is refused."""
    page = await _signed_in(tab, admin, f"/console/orders/{order_no}")
    acts = [f.action.rpartition("/")[2] for f in page.forms if order_no in f.action]
    assert acts == ["reveal"]
    form = (await tab.get(f"/console/orders/{order_no}/resolve")).act
    refused = await tab.submit(form, **{"as": "failed", "reason": "tried it"})
    assert refused.status == 409
