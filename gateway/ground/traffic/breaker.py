"""The circuit breaker of one lane (upstream and product). Pure: the clock is passed in.

Closed: everything passes and a sliding window of outcomes is kept. It opens when, of enough
outcomes, too many failed or were slow. Open: nothing passes until the pause is over; then
half-open: a few probes pass, and their outcomes close or open it again (design D9).
"""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """Rates are shares of the window; times in seconds."""

    window: int = 40  # outcomes looked at
    window_s: float = 30.0  # older ones no longer count
    outcomes_min: int = 8  # fewer prove nothing
    failure_rate: float = 0.5
    slow_call_s: float = 10.0
    slow_rate: float = 0.8
    open_s: float = 5.0  # first pause; doubles while probes fail
    open_s_max: float = 60.0
    probes: int = 3  # while half-open; by their failure rate it closes or opens again


@dataclass(slots=True)
class Breaker:
    """One breaker; `reason` says for people why it is not closed."""

    rules: BreakerRules = field(default_factory=BreakerRules)
    state: BreakerState = BreakerState.CLOSED
    reason: str = ""
    _outcomes: deque[tuple[float, bool, bool]] = field(default_factory=deque)
    _failures: int = 0  # of these
    _slows: int = 0
    _opens_until: float = 0.0
    _pause_s: float = 0.0
    _well: bool = False  # closed when the pause is over, without probes
    _era: int = 0  # grows with each change of state
    _probes_out: int = 0
    _probes_good: int = 0
    _probes_bad: int = 0

    def allows(self, now: float) -> bool:
        """Whether a call may start now; a probe's place is taken by `started`."""
        if self.state is BreakerState.OPEN and now >= self._opens_until:
            if self._well:
                self._become(BreakerState.CLOSED, "")
            else:
                self._become(BreakerState.HALF_OPEN, self.reason)
        if self.state is BreakerState.HALF_OPEN:
            judged = self._probes_good + self._probes_bad
            return self._probes_out + judged < self.rules.probes
        return self.state is BreakerState.CLOSED

    def started(self) -> int:
        """A call starts that `allows` let pass; its ticket, for `ended` or `abandoned`."""
        if self.state is BreakerState.HALF_OPEN:
            self._probes_out += 1
        return self._era

    def abandoned(self, ticket: int) -> None:
        """A call was not made after all."""
        if self.state is BreakerState.HALF_OPEN and ticket == self._era:
            self._probes_out -= 1

    def ended(self, now: float, *, failed: bool, seconds: float, ticket: int | None = None) -> None:
        """A call ended; `failed` means the platform, not the order, was at fault.

        With a ticket, a call that began before the breaker last changed its mind does not
        count: it says nothing of now.
        """
        if self.state is BreakerState.OPEN or ticket not in {None, self._era}:
            return
        if self.state is BreakerState.HALF_OPEN:
            self._probe_ended(now, failed=failed)
            return
        self._count(now, failed=failed, slow=seconds >= self.rules.slow_call_s)
        count = len(self._outcomes)
        if count < self.rules.outcomes_min:
            return
        failures, slows = self._failures / count, self._slows / count
        if failures >= self.rules.failure_rate:
            self._open(now, f"{failures:.0%} of the last {count} calls failed")
        elif slows >= self.rules.slow_rate:
            self._open(now, f"{slows:.0%} of the last {count} calls were slow")

    def _count(self, now: float, *, failed: bool, slow: bool) -> None:
        """Add an outcome to the window, and drop those that fell out of it."""
        outcomes, rules = self._outcomes, self.rules
        outcomes.append((now, failed, slow))
        self._failures += failed
        self._slows += slow
        while len(outcomes) > rules.window or outcomes[0][0] < now - rules.window_s:
            _, was_failed, was_slow = outcomes.popleft()
            self._failures -= was_failed
            self._slows -= was_slow

    def trip(self, now: float, seconds: float, reason: str) -> None:
        """Open for a reason the outcomes do not show (balance, credentials)."""
        self._become(BreakerState.OPEN, reason)
        self._opens_until = max(self._opens_until, now + seconds)

    def doubt(self, reason: str) -> None:
        """Somebody else's opened: if ours is closed, a few calls go first and decide."""
        if self.state is BreakerState.CLOSED:
            self._become(BreakerState.HALF_OPEN, reason)

    def hold(self, now: float, seconds: float, reason: str) -> None:
        """Pause because the platform asked for it (Retry-After): it works, so a breaker that was
        closed is closed again afterwards, and calls sent too fast never count as failures."""
        well = self._well if self.state is BreakerState.OPEN else self.state is BreakerState.CLOSED
        self._become(BreakerState.OPEN, reason)
        self._well = well
        self._opens_until = max(self._opens_until, now + seconds)

    def waits_s(self, now: float) -> float:
        """Seconds until a call may pass again; 0 when one may now."""
        return max(0.0, self._opens_until - now) if self.state is BreakerState.OPEN else 0.0

    def overdue(self, now: float) -> bool:
        """The pause is over, and no call has come to find out whether the platform works."""
        if self.state is not BreakerState.OPEN or now < self._opens_until:
            return False
        if self._well:
            self._become(BreakerState.CLOSED, "")
        return self.state is BreakerState.OPEN

    def asked(self, now: float, *, answers: bool) -> None:
        """The platform was asked something that is no order, because none came: does it answer?

        An answer lets calls pass as probes, no more: that it sells again, only they can prove.
        """
        if not self.overdue(now):
            return  # a call came meanwhile, and knows better
        if answers:
            self._become(BreakerState.HALF_OPEN, self.reason)
        else:
            self._open(now, self.reason)

    def _probe_ended(self, now: float, *, failed: bool) -> None:
        """Probes are judged by the same rate as other calls: a platform of which one call in ten
        always fails would else hardly ever come back."""
        self._probes_out = max(0, self._probes_out - 1)
        self._probes_bad += failed
        self._probes_good += not failed
        probes = self.rules.probes
        if self._probes_bad >= self.rules.failure_rate * probes:
            self._open(now, f"{self._probes_bad} of {probes} probes failed")
        elif self._probes_good + self._probes_bad >= probes:
            self._pause_s = 0.0
            self._become(BreakerState.CLOSED, "")

    def _open(self, now: float, reason: str) -> None:
        self._pause_s = min(self.rules.open_s_max, self._pause_s * 2 or self.rules.open_s)
        self._opens_until = now + self._pause_s
        self._become(BreakerState.OPEN, reason)

    def _become(self, state: BreakerState, reason: str) -> None:
        self.state, self.reason = state, reason
        self._well = False
        self._era += 1
        self._probes_out = self._probes_good = self._probes_bad = 0
        self._outcomes.clear()
        self._failures = self._slows = 0
