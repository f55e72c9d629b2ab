"""A partner's people see and touch what is their partner's, and nothing of another's."""

import re
from collections.abc import Sequence

import pytest

from gateway.ground.desk.action import Action
from gateway.ground.desk.all_declared import portal_declared
from gateway.ground.desk.given import members
from gateway.ground.desk.html.address import PORTAL, filled, path_of
from gateway.ground.desk.permission import MANAGE
from gateway.ground.desk.route import route_of
from gateway.ground.desk.view import Page, View
from gateway.portal.pages import PAGES
from gateway.sessions.portal_rules import OF_A_PERSON, SCOPES, may
from tests.conftest import Cli
from tests.contract.portal.conftest import Side, as_person, make_side, with_key
from tests.world.no_script import Browser
from tests.world.shop import Shop

DECLARED = portal_declared()
FORMS = tuple(one for one in DECLARED if isinstance(one, Action))
SEEN = tuple(one for one in DECLARED if not isinstance(one, Action))
WAYS = [*((scope,) for scope in sorted(SCOPES)), tuple(sorted(SCOPES))]


def address(one: Action | View | Page, side: Side) -> str:
    """Its path, of things of this partner."""
    named = route_of(one).named
    return filled(path_of(one), {name: side.ids[name] for name in named}, PORTAL.root)


def queries(one: View, side: Side) -> Sequence[str]:
    """A list as it is, and asked for this partner's things by each filter that names something."""
    found = ["?limit=200"]
    said = {
        "out_order_no": side.out_order_no, "order_no": side.order_no, "sku": side.sku,
        "partner": side.name, "cursor": "9223372036854775806", "partner_id": "1",
    }  # fmt: skip
    known = {member.name for member in members(one.given)} | {"partner", "partner_id"}
    found += [f"?{name}={text}" for name, text in said.items() if name in known]
    return found


def leaks(text: str, side: Side, asked: str) -> list[str]:
    """What names something of a partner beyond what was typed into the address."""
    return [mark for mark in side.marks if mark in text and mark not in asked]


async def test_nothing_of_another_is_seen(
    tab: Browser, another_tab: object, shop: Shop, command: Cli
) -> None:
    """Every page, list, filter and form as A with what names B's; by key and as a person.

    Seen red with `o.partner_id = $1` taken out of `portal_order`.
    """
    ours = await make_side(shop, command, "ours")
    other = await make_side(shop, command, "other")
    assert ours.marks.isdisjoint(other.marks)
    for come_in in (with_key(tab, ours.partner), as_person(tab, ours.person)):
        await come_in
        await _look_everywhere(tab, ours, other)
        tab.client.cookies.clear()


async def _look_everywhere(tab: Browser, ours: Side, other: Side) -> None:
    for page in PAGES:
        seen = await tab.get(f"/portal/{page.path}".rstrip("/"))
        assert seen.status == 200, page.path
        assert leaks(seen.answer.text, other, "") == []
    for one in SEEN:
        if isinstance(one, View):
            mine = await tab.get(address(one, ours))
            assert mine.status == 200, one.noun
            for query in queries(one, other):
                got = await tab.get(f"{address(one, other)}{query}")
                assert got.status in {200, 400}, (one.noun, query)
                assert leaks(got.answer.text, other, query) == [], (one.noun, query)
                csv = await tab.get(f"{address(one, other)}{query}&format=csv")
                assert leaks(csv.answer.text, other, query) == []
        else:
            assert (await tab.get(address(one, ours))).status == 200, path_of(one)
            got = await tab.get(address(one, other))
            assert got.status == 404, path_of(one)
            assert leaks(got.answer.text, other, address(one, other)) == []


async def test_nothing_of_another_is_touched(tab: Browser, shop: Shop, command: Cli) -> None:
    """Every form about a thing, sent as A about B's: it is not there, and stays as it is.

    Seen red without `_hold` in `revoke_own`, and without `check_own` in `cancel_own`.
    """
    ours = await make_side(shop, command, "doer")
    other = await make_side(shop, command, "done-to")
    await with_key(tab, ours.partner)
    before = await _everything(other, command)
    first = await tab.get("/portal")
    token = {"form_token": first.form("/sign-out").fields["form_token"]}
    for action in FORMS:
        named = route_of(action).named
        path = address(action, other)
        shown = await tab.get(path)
        assert leaks(shown.answer.text, other, path) == [], path
        if named:
            got = await tab.post(path, {**token, **_plausible(action)})
            assert got.status == 404, (path, got.text)
            assert leaks(got.answer.text, other, path) == [], path
    asked = {**token, "order_no": other.order_no, "kind": "question", "reason": "whose is it?"}
    got = await tab.post("/portal/cases/create", asked)
    assert got.status in {400, 404}, got.text
    assert await _everything(other, command) == before


def _plausible(action: Action) -> dict[str, str]:
    """Something for every member that has to be said."""
    named = route_of(action).named
    texts = {"url": "https://example.com/x", "reason": "because of it", "kind": "refund"}
    return {
        m.name: texts.get(m.name, "1")
        for m in members(action.given)
        if m.required and m.name not in named
    }


async def _everything(side: Side, command: Cli) -> object:
    """What an operator sees of a partner."""
    order = command("order", "show", side.order_no, "--json").json
    keys = command("key", "list", side.name, "--json").json
    account = command("account", "show", side.name, "--json").json
    webhooks = command("webhook", "list", "--partner", side.name, "--json").json["webhooks"]
    told = [(one["id"], one["state"] == "delivered") for one in webhooks]
    return order["state"], keys, account, told


@pytest.mark.parametrize("scopes", WAYS, ids="+".join)
async def test_every_page_and_form_asks_for_its_permission(
    tab: Browser, shop: Shop, command: Cli, scopes: tuple[str, ...]
) -> None:
    """What a key may, by its scopes: of each page and form, in its handler."""
    side = await make_side(shop, command, "matrix-" + re.sub(r"\W", "", "-".join(scopes)))
    narrow = await shop.another_key(side.name, scopes=scopes)
    await with_key(tab, narrow)
    allowed = may(scopes)
    first = await tab.get("/portal")
    token = {"form_token": first.form("/sign-out").fields["form_token"]}
    wrong = []
    for page in PAGES:
        status = (await tab.get(f"/portal/{page.path}".rstrip("/"))).status
        if (status == 403) is (page.permission is None or page.permission in allowed):
            wrong.append((page.path, status))
    for one in DECLARED:
        status = (await tab.get(address(one, side))).status
        if (status == 403) is (one.permission in allowed) or status >= 500:
            wrong.append((path_of(one), status))
        if isinstance(one, Action) and one.permission not in allowed:
            refused = await tab.post(address(one, side), {**token, "nonsense": "1"})
            if refused.status != 403 or one.permission not in refused.text:
                wrong.append((path_of(one), refused.status))
    assert wrong == []


def test_who_may_what() -> None:
    """Only a key with every scope manages keys; a person has all of it."""
    assert may(SCOPES) == OF_A_PERSON
    assert all(MANAGE not in may(SCOPES - {scope}) for scope in SCOPES)
    assert may(["orders:read", "sandbox:orders:read"]) == {"orders:read"}
    assert {one.permission for one in DECLARED} <= OF_A_PERSON


async def test_nobody_sees_nothing(tab: Browser) -> None:
    """Pages lead to signing in, forms are refused, whatever there is."""
    for one in DECLARED:
        path = filled(path_of(one), dict.fromkeys(route_of(one).named, "9999"), PORTAL.root)
        answer = await tab.client.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/portal/sign-in?next=")
        if isinstance(one, Action):
            assert (await tab.post(path, {})).status == 403
    assert (await tab.client.get("/portal/assets/console.css")).status_code == 200
    assert (await tab.client.get("/portal/nowhere")).status_code == 303
