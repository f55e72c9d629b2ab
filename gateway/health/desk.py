"""The doctor, for who asks by API: the machine and the settings of the worker that answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Site
from gateway.ground.desk.view import Page, View

DOCTOR: Final = Noun(name="doctor", plural="doctor", zh="体检", en="Doctor")


async def _read(site: Site, _: Given) -> Mapping[str, Any]:
    from gateway.health.look_command import look_at_all

    return await look_at_all(site.config, serving=True)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Page(
        noun=DOCTOR,
        verb="run",
        doc="Whether the machine that answers is fit, and what to do about what is not well.",
        given=Given,
        example="GET /admin/v1/doctor",
        permission="doctor:read",
        read=_read,
        route="doctor",
        at_shell=False,
        on_site=True,
    ),
)
