"""Who asks the admin API, and may he: what a face knows of somebody at its door."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.ground.desk.action import Change
from gateway.ground.desk.gate import Way
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody at one of the doors; `credential` names the token or session he came with.

    `partner`: whose he is, and then all he sees and does is that partner's; None: an operator.
    Who signed with a partner's key is no operator: then `operator_id` is 0.
    """

    operator_id: int
    name: str
    person: str
    roles: tuple[str, ...]
    permissions: frozenset[str]
    way: Way
    credential: str
    details: Mapping[str, Any]  # of the credential, for `me`
    is_frozen: bool = False
    stepped_up: bool = False
    partner: int | None = None

    @property
    def is_somebody(self) -> bool:
        """Whether it is a person, with an account of his own."""
        return self.operator_id != 0

    def require(self, permission: str) -> None:
        """ProblemError that names the permission, unless he has it."""
        if permission not in self.permissions:
            raise ProblemError(
                "not-permitted", f"This needs {permission}.", members={"permission": permission}
            )

    def change(self, request: Asked, reason: str | None) -> Change:
        """What he does in a request, for the log of changes."""
        kind = "token" if self.way is Way.TOKEN else "session"
        how = {"via": self.way.value, kind: self.credential, "request_id": request.id}
        if not self.is_somebody:
            how["key"] = self.name
        if request.trace_id != request.id:
            how["trace_id"] = request.trace_id
        return Change(
            actor=self.name,
            whence=f"{request.client or 'unknown'}, {kind} {self.credential}",
            reason=reason,
            person=self.person,
            permissions=self.permissions,
            how=how,
        )


class Doorkeeper(Protocol):
    """Knows operators by what they show."""

    def identify(self, request: Asked) -> Caller:
        """Who asks. Raises ProblemError: unauthenticated."""
