"""How much may be under way at a time, and who is refused when it is too much. Pure: time comes in.

One limit for everything that is asked of a worker, in units of work (an order has one and one for
each code). It follows what the work tells: as long as more of it at a time brings more of it done,
the limit grows, as soon as it only brings waiting, it falls. No idea of how fast work should be is
learnt, so none can drift: neither idle hours, probes nor a restart say anything. Only the goal is
given: when work takes longer than that, is given up, or does not end at all, the limit falls to
its floor, however little there is.

Each class of requests has a band of the limit, one above the other: it is refused only while all
below it are. Within its band a partner's level is the lower, the more of the work of late was its
own: the heaviest is refused first, and leaves the others room, also when it is alone.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import IntEnum
from math import ceil, inf, log
from typing import Final, TypeAlias

import msgspec

Owner: TypeAlias = Hashable | None


class Class(IntEnum):
    """What a request is for: what ends something begun is worth most."""

    EXPORT = 0
    LIST = 1
    QUERY = 2
    ORDER = 3
    RETRY = 4  # of a number that was accepted, as far as is known
    CALLBACK = 5


# Up to which share of the limit a class is taken in: from its heaviest partner, who alone has all
# of the work, to one that had none. A band begins where the one below it ends.
BANDS: Final = {
    Class.EXPORT: (0.30, 0.40),
    Class.LIST: (0.40, 0.55),
    Class.QUERY: (0.55, 0.76),
    Class.ORDER: (0.76, 0.90),
    Class.RETRY: (0.90, 0.96),
    Class.CALLBACK: (0.96, 1.00),
}


class Work(msgspec.Struct, gc=False):
    """Something that was let in: whose, how much, since when.

    `tells`: how long it takes says something of how much is under way. `is_given_up`: nobody waits
    for its end any more, or it had to be broken off.
    """

    owner: Owner
    units: int
    began: float
    tells: bool = True
    is_given_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRules:
    """Units of work, seconds, factors."""

    floor: float = 2_560.0  # so that orders alone fill two commits: with less they go half empty
    initial: float = 3_584.0
    most: float = 65_536.0
    goal_s: float = 0.25  # work takes no longer, on average
    given_up_share: float = 0.1  # of the work, from which on less of it has to be under way
    window_s: float = 0.25
    stale_s: float = 10.0
    falls: float = 0.7  # a limit above the goal, each window
    swing: float = 0.1  # the limit is tried so far above and below itself, in turns
    half_s: float = 8.0  # so many times what work takes is tried each
    halves: float = 4.0  # as many tries are remembered, nearly
    gain: float = 0.12  # the power of the work under way that throughput grows with at the limit
    eager: float = 1.25  # by how much a gain that is one more or less would change the limit
    rises: float = 1.3  # at most, and …
    shrinks: float = 0.8  # … at least, each time both were tried
    ahead: float = 5.0  # the limit is no more than so many times what is under way
    returns: float = 1.04  # to the initial one, each window that went well without refusals
    forgets: float = 0.8  # of the work of late, each window
    retry_after_s_max: int = 30


class Admission:
    """One worker's limit."""

    def __init__(self, rules: AdmissionRules | None = None) -> None:
        self.rules = rules or AdmissionRules()
        self.inflight = 0  # units
        self.limit = self.rules.initial
        self._up = True  # tried above itself, not below
        self._gain = self.rules.gain  # as it was found of late
        self._rate_up: float | None = None  # of the first half of a try
        self._opened_at: float | None = None  # of the window
        self._closes_at = float("-inf")
        self._is_pressed = False  # somebody was refused in it
        self._done = self._given_up = 0  # units that ended in it
        self._held_s = 0.0  # units times seconds they were under way
        self._rate = 0.0  # units a second that end, of late
        self._work_of: dict[Owner, float] = {}  # units times seconds, of late
        self._work = 0.0
        # Up to how much under way each class is taken in whoever asks: those who ask for every
        # request look here first.
        self.open_to: list[float]
        self._set_limit(self.rules.initial)

    def admits(self, kind: Class, owner: Owner, now: float) -> bool:
        """Whether such a request may go on.

        Nothing is counted for an owner, so nobody is made heavier by what others say in its name.
        """
        if self.inflight < self.open_to[kind]:
            return True
        if now >= self._closes_at:
            self._close(now)
        if self.inflight < self._tried * self._level(kind, owner):
            return True
        self._is_pressed = True
        return False

    def begin(self, owner: Owner, units: int, now: float, *, tells: bool = True) -> Work:
        """What was admitted is under way; to be ended once."""
        self.inflight += units
        return Work(owner, units, now, tells)

    def more(self, units: int) -> None:
        """So much more is under way, and its owner is said when it ends."""
        self.inflight += units

    def end(self, work: Work, now: float) -> None:
        """It is under way no more."""
        units, owner = work.units, work.owner
        self.inflight -= units
        held_s = units * (now - work.began)
        self._work += held_s
        self._work_of[owner] = self._work_of.get(owner, 0.0) + held_s
        if work.tells:
            self._done += units
            self._held_s += held_s
            if work.is_given_up:
                self._given_up += units
        if now >= self._closes_at:
            self._close(now)

    def retry_after_s(self) -> int:
        """In how many whole seconds all that is under way now will have ended."""
        if not self._rate:
            return 1
        return min(self.rules.retry_after_s_max, max(1, ceil(self.inflight / self._rate)))

    def _level(self, kind: Class, owner: Owner) -> float:
        low, high = BANDS[kind]
        share = self._work_of.get(owner, 0.0) / self._work if self._work > 0.0 else 0.0
        return high - (high - low) * min(1.0, share)

    # ------------------------------------------------------------ the limit

    def _close(self, now: float) -> None:
        """Judge the window that ends, and open the next."""
        rules = self.rules
        opened_at, self._opened_at = self._opened_at, now
        self._closes_at = now + rules.window_s
        done, held_s, pressed = self._done, self._held_s, self._is_pressed
        given_up = self._given_up > rules.given_up_share * done
        self._done = self._given_up = 0
        self._held_s, self._is_pressed = 0.0, False
        self._forget()
        lasted_s = inf if opened_at is None else now - opened_at
        if lasted_s > rules.stale_s:  # nobody came: it says nothing of now
            return
        if done:
            self._rate = done / lasted_s
        if not done:
            if pressed:  # nothing ends, and more comes
                self._fall()
        elif given_up or held_s > done * rules.goal_s:
            self._fall()
        elif pressed:
            self._try(done, lasted_s, held_s)
        else:
            self._return()
        # What takes long answers late: a shorter window would see the limit before this one.
        if done:
            self._closes_at = now + max(rules.window_s, 2.0 * held_s / done)

    def _fall(self) -> None:
        self._rate_up = None
        self._set_limit(self.limit * self.rules.falls)

    def _return(self) -> None:
        """All went well, nobody was refused: what pressure made of the limit is over."""
        rules = self.rules
        self._rate_up = None
        if self.limit < rules.initial:
            self._set_limit(min(rules.initial, self.limit * rules.returns))
        else:
            self._set_limit(max(rules.initial, self.limit / rules.returns))

    def _try(self, done: int, lasted_s: float, held_s: float) -> None:
        """A window with a little more under way, or with a little less, has gone well."""
        rules = self.rules
        self._half_done += done
        self._half_s += lasted_s
        if self._half_s < rules.half_s * held_s / done:
            return  # commits are few and large: some more, or chance would decide
        rate = self._half_done / self._half_s
        if self._up:
            self._rate_up = rate
            self._set_limit(self.limit, up=False)
            return
        limit = self.limit
        if self._rate_up is not None:
            gain = log(self._rate_up / rate) / log((1 + rules.swing) / (1 - rules.swing))
            self._gain += (max(-1.0, min(2.0, gain)) - self._gain) / rules.halves
            change = 1.0 + rules.eager * (self._gain - rules.gain)
            limit *= max(rules.shrinks, min(rules.rises, change))
            limit = min(limit, max(self.limit, held_s / lasted_s * rules.ahead))
        self._rate_up = None
        self._set_limit(limit)

    def _set_limit(self, limit: float, *, up: bool = True) -> None:
        rules = self.rules
        self.limit = max(rules.floor, min(rules.most, limit))
        self._up = up
        self._half_done, self._half_s = 0, 0.0
        self._tried = self.limit * (1 + rules.swing if up else 1 - rules.swing)
        self.open_to = [self._tried * low for low, _ in BANDS.values()]

    def _forget(self) -> None:
        """Work of late becomes less, and who has next to none of it is forgotten."""
        kept = self.rules.forgets
        least = self._work * 1e-4
        self._work_of = {o: w * kept for o, w in self._work_of.items() if w > least}
        self._work = sum(self._work_of.values())
