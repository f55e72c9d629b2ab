"""The key file: the keys that encrypt every other key. (`key` is about partners' API keys.)"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, Reason, SecondPerson
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Job, Site
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Page, View

KEYS: Final = Noun(name="keys", plural="master-keys", zh="主密钥", en="Master keys", key="kek")


class Rotation(Given, frozen=True, kw_only=True):
    """A new current key, or none."""

    resume: Annotated[
        bool, Meta(description="Finish an interrupted rotation: make no new key.")
    ] = False
    keys_of: Annotated[
        str | None,
        Meta(
            description="Another shop's key file, by which some of it was wrapped by mistake.",
            extra={"metavar": "FILE"},
        ),
    ] = None


class OneKey(Given, frozen=True, kw_only=True):
    """A key of the key file."""

    kek: Annotated[str, Meta(description="As `keys show` has it.", extra={"argument": True})]


async def _create(site: Site, _: Given, __: Change) -> Mapping[str, Any]:
    from gateway.vault import administer as keys

    return await keys.create(site)


async def _show(at: At, _: Given) -> Mapping[str, Any]:
    from gateway.vault import administer as keys

    return await keys.show(at)


async def _rotate(site: Site, given: Rotation, _: Change) -> Mapping[str, Any]:
    from gateway.vault import administer as keys

    return await keys.rotate(site, resume=given.resume, keys_of=given.keys_of)


async def _retire(site: Site, given: OneKey, _: Change) -> Mapping[str, Any]:
    from gateway.vault import administer as keys

    return await keys.retire(site, given.kek)


async def _look_retire(at: At, given: OneKey, _: Change) -> None:
    from gateway.vault import administer as keys

    await keys.look_retire(at, given.kek)


def _current(_: Any, noted: Mapping[str, Any]) -> str:
    current: str = noted["current"]
    return current


DECLARED: Final[Sequence[Action | View | Page]] = (
    Job(
        noun=KEYS,
        verb="create",
        doc="Make the key file of a new shop before its first start, to give it to every node."
        "\n\nRefused where there is one, or where the database holds what another one wrapped.",
        given=Given,
        example="quangate keys create --data first --database-url $URL",
        permission="master-keys:create",
        run=_create,
        undo="Not at all: what it wraps only it opens.",
        subject=_current,
        opens_vault=True,
    ),
    Page(
        noun=KEYS,
        verb="show",
        doc="The keys of the key file and how many things each one wraps.",
        given=Given,
        example="quangate keys show",
        permission="master-keys:read",
        route="master-keys",
        read=_show,
        rows_as="keys",
        opens_vault=True,
    ),
    Job(
        noun=KEYS,
        verb="rotate",
        doc="Make a new current key and wrap everything under it; codes are not touched."
        "\n\nRunning gateways follow by themselves. Back the key file up afterwards.",
        given=Rotation,
        example="quangate keys rotate",
        permission="master-keys:rotate",
        run=_rotate,
        undo="Not at all: the key before stays in the file until `quangate keys retire KEK`.",
        subject=_current,
        opens_vault=True,
    ),
    Job(
        noun=KEYS,
        verb="retire",
        doc="Take a key that wraps nothing any more out of the key file.",
        given=OneKey,
        example="quangate keys retire k1",
        permission="master-keys:retire",
        run=_retire,
        undo="Not at all: a backup of the key file has the key.",
        subject=lambda given, _: given.kek,
        reason=Reason.ASKED,
        second_person=SecondPerson.ALWAYS,
        look=_look_retire,
        opens_vault=True,
    ),
)
