"""What all features declare, in their order, and every permission that is asked for."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from gateway.ground import house
from gateway.ground.desk.action import Action
from gateway.ground.desk.one_of import pages_of
from gateway.ground.desk.permission import declared
from gateway.ground.desk.view import Page, View

if TYPE_CHECKING:
    from gateway.ground.desk.html.own_page import OwnPage


@cache
def all_declared() -> Sequence[Action | View | Page]:
    """Every action, view and page; and a page for each list whose rows no page shows."""
    own = tuple(
        one
        for feature in house.features()
        for desk in feature.desk
        for one in import_module(f"gateway.{feature.name}.{desk}").DECLARED
    )
    return (*own, *pages_of(own))


@cache
def portal_declared() -> Sequence[Action | View | Page]:
    """Every action, view and page of a partner's own people: each works on `At.own` alone."""
    return tuple(
        one
        for feature in house.features()
        for desk in feature.portal
        for one in import_module(f"gateway.{feature.name}.{desk}").DECLARED
    )


@cache
def own_pages() -> "Sequence[OwnPage]":
    """Every page of the console that is made by hand."""
    return tuple(
        page
        for feature in house.features()
        for module in feature.pages
        for page in import_module(f"gateway.{feature.name}.{module}").PAGES
    )


@cache
def known_permissions() -> frozenset[str]:
    """Those of what is declared, and those that features ask for by themselves."""
    more = [permission for feature in house.features() for permission in feature.permissions]
    return declared(all_declared()) | frozenset(more)
