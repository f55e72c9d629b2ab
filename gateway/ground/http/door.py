"""The door of a worker: requests go in while there is room, whoever's they are.

The limit is traffic.admission's. Looked at on the head, and counted only once it is known whose the
request is: a body that does not come, or a name that somebody else bears, takes nobody's room.
"""

import time
from collections.abc import Callable
from typing import Final

from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked
from gateway.ground.traffic.admission import Admission, Class, Owner

_ORDER: Final = Class.ORDER


class Door:
    """One worker's. `shed` counts the requests that were refused, by class."""

    def __init__(
        self,
        admission: Admission | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.admission = admission or Admission()
        self.shed = dict.fromkeys(Class, 0)
        self._clock = clock

    def look(self, kind: Class, owner: Owner, *, told_as: Class | None = None) -> None:
        """Whether there is room now; nothing is counted for the owner. ProblemError: overloaded.

        `told_as`: the class it is refused as, where only the body tells which it is.
        """
        refusal = self.refused(kind, owner, told_as)
        if refusal is not None:
            raise refusal

    def refused(self, kind: Class, owner: Owner, told_as: Class | None) -> ProblemError | None:
        """As `look`, but told: to raise what is said to many costs as much as all else."""
        admission = self.admission
        if admission.inflight < admission.open_to[kind]:  # as ever, without a call
            return None
        if admission.admits(kind, owner, self._clock()):
            return None
        return self.refusal(kind if told_as is None else told_as)

    def enter(
        self, request: Asked, kind: Class, owner: Owner, units: int = 1, *, tells: bool = True
    ) -> None:
        """The request is under way until it is answered. ProblemError: overloaded.

        `units` of work; `tells`: how long it takes says something of how much is under way.
        """
        now, admission = self._clock(), self.admission
        if admission.inflight >= admission.open_to[kind] and not admission.admits(kind, owner, now):
            raise self.refusal(kind)
        request.limit, request.work = admission, admission.begin(owner, units, now, tells=tells)

    @property
    def is_tight(self) -> bool:
        """Whether some orders are refused: then it counts which of them end something begun."""
        admission = self.admission
        return admission.inflight >= admission.open_to[_ORDER]

    def refusal(self, kind: Class) -> ProblemError:
        """A refusal, counted; who comes back when it says, alone, is served."""
        self.shed[kind] += 1
        after_s = str(self.admission.retry_after_s())
        return ProblemError("overloaded", headers={"Retry-After": after_s})
