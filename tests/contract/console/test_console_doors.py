"""Every page and form of the console, for every role and for nobody (admin.md, "Doors")."""

from collections.abc import Mapping

import pytest

from gateway.ground.desk.action import Action
from gateway.ground.desk.all_declared import all_declared, known_permissions
from gateway.ground.desk.html.address import filled, path_of
from gateway.ground.desk.job import Job
from gateway.ground.desk.route import route_of
from gateway.ground.desk.view import Page, View
from gateway.operators.roles import ROLES, shipped
from tests.contract.console.conftest import NIGHT
from tests.world.no_script import Browser, Person

SEEN = tuple(one for one in all_declared() if not (isinstance(one, Page) and one.on_site))
FORMS = tuple(
    one
    for one in all_declared()
    if isinstance(one, Action) and not (isinstance(one, Job) and one.taking is not None)
)


def address(one: Action | View | Page) -> str:
    """Its path, of things that are not there."""
    return filled(path_of(one), dict.fromkeys(route_of(one).named, "9999"))


@pytest.mark.parametrize("role", [*ROLES, NIGHT])
async def test_every_page_asks_for_its_permission(
    tab: Browser, people: Mapping[str, Person], role: str
) -> None:
    """Whoever has not the permission is refused, also where there is nothing; whoever has, is not.

    Seen red without `_require` in `show`.
    """
    may = {**shipped(known_permissions()), NIGHT: frozenset({"orders:read"})}[role]
    page = await tab.sign_in(people[role])
    assert page.status == 200
    wrong = []
    for one in SEEN:
        if isinstance(one, Job) and one.taking is not None:
            continue
        if isinstance(one, Page) and one.posted:
            continue
        status = (await tab.get(address(one))).status
        allowed = one.permission in may or (isinstance(one, Action) and one.own is not None)
        if (status != 403) is not allowed or status >= 500 or status == 303:
            wrong.append((address(one), status))
    assert wrong == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
async def test_every_form_asks_for_its_permission(
    tab: Browser, people: Mapping[str, Person], role: str
) -> None:
    """In its handler, whether a button was there or not; before it looks at what was typed.

    Seen red without `_require` in `act`.
    """
    may = shipped(known_permissions())[role]
    page = await tab.sign_in(people[role])
    token = {"form_token": page.form("/sign-out").fields["form_token"]}
    wrong = []
    for one in FORMS:
        if one.permission not in may and one.own is None:
            answer = await tab.post(address(one), {**token, "nonsense": "1"})
            if answer.status != 403 or one.permission not in answer.text:
                wrong.append((address(one), answer.status))
    assert wrong == []


async def test_nobody_sees_nothing(tab: Browser) -> None:
    """Pages lead to signing in, forms are refused, whatever there is."""
    for one in SEEN:
        path = address(one)
        answer = await tab.client.get(path)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (
            303, "/console/sign-in",
        )  # fmt: skip
        if isinstance(one, Action):
            assert (await tab.post(path, {})).status == 403
    assert (await tab.client.get("/console/nowhere")).status_code == 303
    assert (await tab.client.get("/console/assets/console.css")).status_code == 200
    assert (await tab.client.get("/console/assets/../secrets")).status_code in {303, 404}


async def test_a_menu_has_what_one_may_see(tab: Browser, people: Mapping[str, Person]) -> None:
    """Each of its pages is there."""
    page = await tab.sign_in(people["viewer"])
    links = {link for link in page.links.values() if link.startswith("/console/")}
    assert len(links) > 20
    for link in links - {"/console/audit", "/console/doctor"}:
        assert (await tab.get(link)).status == 200, link


@pytest.mark.parametrize(
    ("language", "title", "back"),
    [
        ("en", "This form was not taken", "Open the form anew"),
        ("zh-CN", "此表单未被接受", "重新打开表单"),
    ],
)
async def test_a_form_of_elsewhere(
    tab: Browser, admin: Person, language: str, title: str, back: str
) -> None:
    """Of another site, or of an earlier session, it is refused in a person's words, with the way
    to the form. Seen red: "The key may not do this", to somebody who has no key.
    """
    tab.language = language
    await tab.sign_in(admin, code=admin.recovery_codes.pop())
    path = "/console/pools/create"
    form = (await tab.get(path)).act
    for refused in (
        await tab.post(path, form.fields, origin="https://elsewhere.example"),
        await tab.post(path, {**form.fields, "form_token": "of-before"}),
    ):
        assert refused.status == 403
        assert title in refused.text
        assert refused.links[back] == path


async def test_what_is_not_there(tab: Browser, admin: Person) -> None:
    """404 and 405 are pages, too, with the way back."""
    await tab.sign_in(admin)
    missing = await tab.get("/console/nowhere")
    assert (missing.status, missing.answer.headers["Content-Type"]) == (
        404, "text/html; charset=utf-8",
    )  # fmt: skip
    assert (await tab.get("/console/partners/nobody")).status == 404
    token = missing.form("/sign-out").fields["form_token"]
    assert (await tab.post("/console/partners", {"form_token": token})).status == 405
