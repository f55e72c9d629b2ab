"""Why an action or a view is refused: facts, which each face puts into its own words."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.ground.errors import RefusedError

# A refusal that any reader of the question alone could have foreseen is wrong usage.
USAGE_CODES: Final = frozenset({"invalid-argument"})


class DeskRefusedError(RefusedError):
    """`code` says what is wrong, `field` with which member (if one), `facts` the rest.

    Facts are plain values by name and never secret. `why` tells refusals of one code apart where
    the facts do not; each face has a sentence for each. The fact `part` names what is wrong within
    the member, as `url` of `set`. Without a face its text is code and facts.
    """

    def __init__(
        self, code: str, field: str | None, facts: Mapping[str, Any], *, why: str | None = None
    ) -> None:
        told = ", ".join(f"{name}={value!r}" for name, value in facts.items() if value is not None)
        super().__init__(code, f"{code}{f' ({field})' if field else ''}: {told}")
        self.field = field
        self.facts = facts
        self.why = why


def refused(code: str, why: str, field: str | None = None, /, **facts: Any) -> DeskRefusedError:
    """A refusal by what there is: `why` names its sentence, `facts` what stands in it."""
    return DeskRefusedError(code, field, facts, why=why)


def wrong(why: str, field: str | None = None, /, **facts: Any) -> DeskRefusedError:
    """A refusal that needed no look at the data: wrong usage."""
    return refused("invalid-argument", why, field, **facts)


class KeptRefusalError(Exception):
    """An action is refused, and what it wrote down of that stays: its transaction is committed.

    Raised by a use case; the doors raise `refusal` when the transaction is over.
    """

    def __init__(self, refusal: DeskRefusedError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
