"""What is declared for partners' people is bound to their partner by construction."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ground.desk.action import Action, SecondPerson
from gateway.ground.desk.all_declared import portal_declared
from gateway.ground.desk.given import members
from gateway.ground.desk.html.address import path_of
from gateway.ground.desk.view import View
from gateway.ground.feature import PACKAGE
from gateway.portal.pages import PAGES

# Tables whose rows are a partner's own, by the alias that binds them.
BOUND = re.compile(r"\b(\w+)\.partner_id = \$1|\bpartner_id = \$1|\bp\.id = \$1")
LEFT_OUT = re.compile(r"\$1(?:::\w+)? IS NULL|\$1(?:::\w+)? IS NOT DISTINCT")


def statements() -> Iterator[tuple[str, str]]:
    """(name, text without comments) of everything that the portal asks."""
    files = [*PACKAGE.glob("*/portal_administration.sql"), PACKAGE / "portal/seen.sql"]
    assert len(files) == 6
    for path in files:
        text = re.sub(r"--(?! name:)[^\n]*", "", path.read_text(encoding="utf-8"))
        for part in re.split(r"^-- name: ", text, flags=re.MULTILINE)[1:]:
            name, _, body = part.partition("\n")
            yield f"{path.parent.name}/{name}", body


@pytest.mark.parametrize(("name", "text"), list(statements()))
def test_every_statement_is_bound_to_its_partner(name: str, text: str) -> None:
    """By its first parameter, in every part that reads a table, with no way around it.

    Seen red with `o.partner_id = $1` taken out of one arm of `portal_orders`.
    """
    assert BOUND.search(text), name
    assert not LEFT_OUT.search(text), name
    for arm in text.split("UNION ALL"):
        tables = re.findall(r"\b(?:FROM|JOIN|UPDATE)\s+(orders|webhook|entry|service_case)\b", arm)
        assert not tables or BOUND.search(arm), (name, arm)


def test_no_member_names_a_partner() -> None:
    """Whose rows they are is no field and no filter: nobody can type another's."""
    for one in portal_declared():
        names = {member.name for member in members(one.given)}
        assert not names & {"partner", "partner_id"}, path_of(one)
        if isinstance(one, View):
            assert "partner" not in {column.name for column in one.columns}, path_of(one)


def test_nothing_of_it_waits_for_an_operator() -> None:
    """And nothing of it is a command."""
    for one in portal_declared():
        assert not one.at_shell
        if isinstance(one, Action):
            assert one.second_person is SecondPerson.NEVER
            assert not one.traces, "what is seen before it is done is not bound to the partner"


def test_its_files_ask_through_their_own_statements() -> None:
    """A use case of the portal works on `at.own`, or on what it found by that."""
    files = [p for p in PACKAGE.glob("*/portal_*s.py") if p.parent.name != "sessions"]
    assert files
    for path in files:
        assert "at.own" in Path(path).read_text(encoding="utf-8"), path


def test_pages_of_the_contract_are_there() -> None:
    """partners.md, "portal-session"."""
    there = {path_of(one) for one in portal_declared()} | {page.path for page in PAGES}
    wanted = {"", "orders", "orders/{order_no}", "keys", "webhooks", "usage", "cases"}
    assert wanted <= there
