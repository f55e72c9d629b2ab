"""Who of a partner's people may sign in."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.given import Given
from gateway.ground.desk.permission import MANAGE
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.portal.seen import SQL

MEMBER: Final = Noun(name="member", plural="team", zh="团队", en="Team", key="person")


async def _team(at: At, _: Given) -> Sequence[Mapping[str, Any]]:
    return await SQL.team.all(at.db, at.own)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=MEMBER,
        verb="list",
        doc="People who sign in here by name; the shop invites them.",
        given=Given,
        example="GET /portal/team",
        permission=MANAGE,
        columns=(
            Column(name="person", kind="id", zh="本人", en="Person"),
            Column(name="enabled", kind="flag", zh="启用", en="Enabled"),
            Column(name="made_by", kind="text", zh="创建人", en="Made by"),
            Column(name="seen_at", kind="time", zh="最近活动", en="Last seen"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("name",), index="operator_name_key"),),
        statement=SQL.team,
        rows_as="team",
        rows=_team,
        at_shell=False,
    ),
)
