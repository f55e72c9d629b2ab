"""What is wrong is pointed at: members of `set`, and filters by what there is not."""

from typing import Any

import pytest

from gateway.ground.desk.view import View
from gateway.nouns import DECLARED
from tests.world.admin import Operator, in_force

NO_LIST_ALONE = frozenset({"prices", "shelves"})  # these want to be asked with something
FILTERS = [
    (one.noun.plural, column.name)
    for one in DECLARED
    if isinstance(one, View)
    for column in one.columns
    if column.values is not None and one.route is None
]


@pytest.fixture
async def ready(admin: Operator) -> Operator:
    """Who may everything, known to the gateway."""
    await in_force(admin)
    return admin


async def test_a_filter_by_what_there_is_not_is_400(ready: Operator) -> None:
    """In every list, with what there is."""
    assert ("alerts", "kind") in FILTERS
    for nouns, name in FILTERS:
        answer = await ready.get(
            nouns, **{name: "nosuch", "sku": "VIP"} if nouns == "prices" else {name: "nosuch"}
        )
        assert (answer.status, answer.code) == (400, "invalid-request"), (nouns, name)
        (error,) = answer.json["errors"]
        assert error["pointer"] == f"/{name}", (nouns, name)
        assert "there are" in error["detail"], (nouns, name)


ROBOT = "https://192.0.2.7/robot"
UPSTREAM = {"upstream": "u9", "connector": "fulu", "base_url": "http://127.0.0.1:9"}
CHANNEL = {"channel": "c9", "adapter": "goofish", "partner": "acme"}


@pytest.mark.parametrize(
    ("nouns", "body", "pointer"),
    [
        ("notifiers", {"notifier": "n", "kind": "wecom", "set": {"url": "ftp://x"}}, "/set/url"),
        ("notifiers", {"notifier": "n", "kind": "wecom", "set": {}}, "/set/url"),
        ("notifiers", {"notifier": "n", "kind": "wecom", "set": {"url": ROBOT, "a/b": "1"}},
         "/set/a~1b"),
        ("notifiers", {"notifier": "n n", "kind": "wecom", "set": {"url": ROBOT}}, "/notifier"),
        ("notifiers", {"notifier": "n", "kind": "pager", "set": {}}, "/kind"),
        ("channels", {**CHANNEL, "set": {"app_id": "x", "app_secret": "y"}}, "/set/"),
        ("upstreams", {**UPSTREAM, "connector": "none", "set": {}}, "/connector"),
        ("upstreams", {**UPSTREAM, "set": {"app_key": "k"}}, "/set/"),
        ("upstreams", {**UPSTREAM, "proxy": "nowhere", "set": {"app_key": "k", "secret": "s"}},
         "/proxy"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_pointed_at(
    ready: Operator, nouns: str, body: dict[str, Any], pointer: str
) -> None:
    """The member of `set`, not `set` itself."""
    answer = await ready.post(nouns, body)
    assert (answer.status, answer.code) == (400, "invalid-request"), answer.json
    (error,) = answer.json["errors"]
    if pointer.endswith("/"):
        assert error["pointer"].startswith(pointer)
        assert error["pointer"] != pointer
    else:
        assert error["pointer"] == pointer, error


async def test_a_place_is_called_a_notifier(ready: Operator) -> None:
    """Where there is none, and where there is one already."""
    missing = await ready.post("notifiers/nobody/remove")
    assert missing.status == 404
    assert "no notifier 'nobody'" in missing.json["detail"]
    body = {"notifier": "twice", "kind": "wecom", "set": {"url": ROBOT}}
    assert (await ready.post("notifiers", body)).status == 201
    again = await ready.post("notifiers", body)
    assert (again.status, again.code) == (409, "already-exists")
    assert "notifier twice" in again.json["detail"]
