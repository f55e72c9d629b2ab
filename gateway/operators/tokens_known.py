"""Who shows a token: looked up in the book, so within a second of being revoked it is nobody's."""

from typing import Final

from gateway.catalog.rules import CurrentCatalog
from gateway.ground.desk.gate import Way
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked
from gateway.ground.sql.clock import DatabaseClock
from gateway.operators.rules import OperatorsBook
from gateway.operators.secrets_shown import TOKEN_PREFIX, digest

SCHEME: Final = "bearer"
LENGTH_MAX: Final = 128  # of a header that is worth a hash


class TokensKnown:
    """The `Doorkeeper` of the admin API: bearer tokens only, never a cookie."""

    def __init__(self, catalog: CurrentCatalog, clock: DatabaseClock) -> None:
        self._catalog = catalog
        self._clock = clock

    def identify(self, request: Asked) -> Caller:
        """Who asks. Raises ProblemError: unauthenticated, the same whatever is wrong."""
        said = request.headers.getall("Authorization", [])
        scheme, _, shown = (said[0] if len(said) == 1 else "").partition(" ")
        shown = shown.strip()
        known = scheme.lower() == SCHEME and shown.startswith(TOKEN_PREFIX)
        if not known or len(shown) > LENGTH_MAX:
            raise _unauthenticated()
        book = self._catalog.now.book(OperatorsBook)
        token = book.tokens.get(digest(shown))
        if token is None or token.expires_at <= self._clock.now():
            raise _unauthenticated()
        owner = token.operator
        return Caller(
            operator_id=owner.id,
            name=owner.name,
            person=owner.person,
            roles=owner.roles,
            permissions=token.permissions,
            way=Way.TOKEN,
            credential=token.token_id,
            details={"token_id": token.token_id, "expires_at": token.expires_at},
            is_frozen=owner.is_frozen,
        )


def _unauthenticated() -> ProblemError:
    return ProblemError(
        "unauthenticated",
        "Show a token: `Authorization: Bearer qat_…`; `quangate operator token create` makes one.",
        headers={"WWW-Authenticate": "Bearer"},
    )
