"""Settings in the database: apart from those of the process, which `deploy/README.md` lists."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, SecondPerson, Summed, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.port import At, Transaction
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.settings import administer as settings
from gateway.settings.administration import SQL

SETTING: Final = Noun(name="setting", plural="settings", zh="设置", en="Setting", key="name")
TRACE: Final = Trace(
    name="setting",
    table="setting",
    statement=SQL.trace_setting,
    key=lambda given, _: (given.name,),
)


class Choice(Given, frozen=True, kw_only=True):
    """What a setting is to be."""

    name: Annotated[str, Meta(description="One of the list.", extra={"argument": True})]
    value: Annotated[
        str,
        Meta(description="A whole number; none where that is a choice.", extra={"argument": True}),
    ]


async def _set(at: At, given: Choice, _: Change) -> Mapping[str, Any]:
    return await settings.set_setting(at.db, given.name, given.value)


async def _loosens(at: At, given: Choice) -> bool:
    return await settings.loosens(at.db, given.name, given.value)


async def _summed(_: Transaction, given: Choice) -> Summed:
    limit = settings.limit_in_words(given.name, given.value)
    return Summed(says={} if limit is None else {"value": limit})


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=SETTING,
        verb="list",
        doc="Every setting that is kept in the database, with what is in force.",
        given=Given,
        example="quangate setting list",
        permission="settings:read",
        columns=(
            Column(name="name", kind="id", zh="名称", en="Name"),
            Column(name="value", kind="number", zh="值", en="Value"),
            Column(name="unit", kind="text", zh="单位", en="Unit"),
            Column(name="default", kind="number", zh="默认", en="Default"),
            Column(name="least", kind="number", zh="最小", en="Least"),
            Column(name="most", kind="number", zh="最大", en="Most"),
            Column(name="doc", kind="text", zh="说明", en="What it is"),
            Column(name="changed_at", kind="time", zh="修改时间", en="Changed"),
        ),
        sort=(SortKey(columns=("name",), index="setting_pkey"),),
        statement=SQL.list_settings,
        rows_as="settings",
        rows=lambda at, _: settings.list_settings(at.db),
    ),
    Action(
        noun=SETTING,
        verb="set",
        doc="Set one; every worker goes by it within a second.",
        given=Choice,
        example="quangate setting set holds.per_buyer 3",
        permission="settings:set",
        run=_set,
        undo="`quangate setting set NAME VALUE` with the one before it.",
        subject=lambda given, _: given.name,
        traces=(TRACE,),
        second_person=SecondPerson.SOMETIMES,  # what lets one do more alone is for two
        beyond=_loosens,
        summed_up=_summed,
    ),
)
