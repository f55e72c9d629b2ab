"""From exceptions to exit codes: one table, so that every command fails alike."""

import traceback
from collections.abc import Mapping
from typing import Final

from gateway.ground.command.output import Failure
from gateway.ground.desk.refusal import USAGE_CODES, DeskRefusedError
from gateway.ground.desk.words import in_words
from gateway.ground.errors import (
    ConfigError,
    InvariantBrokenError,
    QuangateError,
    RefusedError,
    StoreUnavailableError,
)
from gateway.ground.native_errors import VaultError

# Nobody may take the exit code of an audit without anchors to compare for a finding.
NOTHING_TO_AUDIT: Final = frozenset({"no-anchors", "other-anchors"})

_CODES: Final[Mapping[type[QuangateError], str]] = {
    ConfigError: "invalid-configuration",
    StoreUnavailableError: "store-unavailable",
    InvariantBrokenError: "invariant-broken",
    VaultError: "vault",
}


def to_failure(error: Exception) -> Failure:
    """What to tell of an exception; those we did not foresee become `internal`, in one line."""
    if isinstance(error, DeskRefusedError):
        exit_code = 2 if error.code in USAGE_CODES | NOTHING_TO_AUDIT else 1
        return Failure(code=error.code, detail=in_words(error), exit_code=exit_code)
    if isinstance(error, RefusedError):
        exit_code = 2 if error.code in USAGE_CODES | NOTHING_TO_AUDIT else 1
        return Failure(code=error.code, detail=str(error), exit_code=exit_code)
    if isinstance(error, QuangateError):
        code = next((c for t, c in _CODES.items() if isinstance(error, t)), "internal")
        return Failure(code=code, detail=str(error))
    # Not the exception's own text: a driver's message may repeat the values of a row.
    place = traceback.extract_tb(error.__traceback__)[-1]
    return Failure(
        code="internal",
        detail=(
            f"unexpected {type(error).__name__} at {place.name}:{place.lineno}; "
            "run again with --log-level debug for the whole story"
        ),
    )
