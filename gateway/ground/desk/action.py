"""One thing an operator can do, as plain data; nothing here does it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from gateway.ground.desk.given import Given
from gateway.ground.sql.declared import Row, Statement

SHELL: Final = "os:"  # the person at the command line; no operator's can have a colon


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """What commands are about. `name` is the command's word, `plural` the API's.

    `key` is the member that names one of them; in the API it stands in the path. `under` is the
    noun in whose room its commands stand: `quangate operator token create`.
    """

    name: str
    plural: str
    zh: str
    en: str
    key: str | None = None  # None: as `name`
    under: str | None = None

    @property
    def typed(self) -> str:
        """As it stands in a command line."""
        return self.name if self.under is None else f"{self.under} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Who does something, why, and from where: for the log of changes.

    `permissions` None: the shell's, which has all. `how` is what the log tells of the way beside
    that: `via` (cli, api, console), `token`, `session`, `request_id`, `alone`; of what somebody
    else approved `approval`, `approved_by`, `approved_from`.
    """

    actor: str  # `os:USER@HOST` at the command line, else an operator's name
    whence: str  # what nobody can type: user id, terminal, host; or the client's address
    reason: str | None = None
    person: str = SHELL  # accounts of one person are one; the shell is one, whatever the user
    permissions: frozenset[str] | None = None
    how: Mapping[str, Any] = field(default_factory=lambda: {"via": "cli"})


class Reason(Enum):
    """Whether an action asks why."""

    NONE = "none"  # may be said by API, is not asked for
    ASKED = "asked"  # `--reason`, which may be left out; API and console insist on it
    WANTED = "wanted"  # `--reason`, which no face does without
    MEMBER = "member"  # a member of what is given, by the name of `reason`


class SecondPerson(Enum):
    """Whether somebody else has to approve, once there are operators."""

    NEVER = "never"
    ALWAYS = "always"
    ABOVE_LIMIT = "above-limit"  # of the setting that `Action.limit` names
    SOMETIMES = "sometimes"  # where `Action.beyond` says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Rows that an action changes, seen before and after it.

    `statement` gives at most one row, with its columns' own names, and locks it where somebody
    else than operators changes it too. `key` has its values from what was given and the answer
    (None before there is one); None: there is no such row yet. `left_out` are the columns of
    `table` that the log never has: secrets, and what is too long to be read.
    """

    name: str  # the member of `before` and `after`
    table: str
    statement: Statement[..., Row]
    key: Callable[[Any, Mapping[str, Any] | None], tuple[Any, ...] | None]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """What a request says beside what was given: whoever approves reads what will be done.

    `says` stands before the members, and in place of those of its names; None: not at all. Without
    a `currency` nothing that was given is money.
    """

    says: Mapping[str, Any] = field(default_factory=dict)
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What is done, with what, by whom, and how it is undone.

    `run(at, given, change)` is the use case; its answer is what `--json` prints. `kept` are the
    members of the answer that the log of changes has, beside the rows of `traces`.
    """

    noun: Noun
    verb: str
    doc: str
    given: type[Given]
    example: str  # a command line
    permission: str
    run: Callable[[Any, Any, Change], Awaitable[Mapping[str, Any]]]
    undo: str
    subject: Callable[[Any, Mapping[str, Any]], str]
    traces: tuple[Trace, ...] = ()
    kept: tuple[str, ...] = ()
    reason: Reason = Reason.NONE
    step_up: bool = False
    second_person: SecondPerson = SecondPerson.NEVER
    limit: str | None = None
    # Whether what is asked for is beyond the limit, or beyond what one person may.
    beyond: Callable[[Any, Any], Awaitable[bool]] | None = None
    # Raises what stands in the way of it. None: it is tried, and undone, before somebody is asked.
    look: Callable[[Any, Any, Change], Awaitable[None]] | None = None
    # What a request of it says, of the transaction and what was given: when it is asked for, and
    # when it is approved, which it is not if it would do something else by then.
    summed_up: Callable[[Any, Any], Awaitable[Summed]] | None = None
    waits_at_shell: bool = True  # above its limit; False: done at once, the shell being trusted
    opens_vault: bool = False
    # What is given, and the change, without what may be kept nowhere: before anything else of it.
    hides: Callable[[Any, Any, Change], Awaitable[tuple[Any, Change]]] | None = None
    shows: tuple[str, ...] = ()  # members of the answer that are secret: shown once, kept nowhere
    # Of what was given: the command lines that show what `shows` names anew. What somebody else
    # approved has shown it to nobody.
    shows_anew: Callable[[Any], Sequence[str]] | None = None
    route: str | None = None  # its path in the API, where ground/desk/route.py does not know it
    note: Callable[[Any, Mapping[str, Any]], str | None] | None = None  # for people: what is next
    at_shell: bool = True  # False: no command; the API and the console alone
    # Of a thing as its page shows it: whether it would not be refused as that stands. Pages offer
    # what fits; what is asked for nevertheless is judged where it is done. None: always.
    fits: Callable[[Mapping[str, Any]], bool] | None = None
    # The member that names an operator: for himself anybody may do it at the console, after a
    # one-time code, without its permission.
    own: str | None = None

    @property
    def name(self) -> str:
        """As the log of changes and limits call it."""
        return f"{self.noun.name}.{self.verb}"
