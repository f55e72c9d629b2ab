"""What somebody at the portal may, by the way he signed in. Pure."""

from collections.abc import Collection
from typing import Final

from gateway.catalog.rules import Scope
from gateway.ground.desk.permission import MANAGE

COOKIE_OF: Final = "-portal"  # behind the console's name: neither is the other's
SCOPES: Final = frozenset(scope.value for scope in Scope)
OF_A_PERSON: Final = SCOPES | {MANAGE}


def may(scopes: Collection[str]) -> frozenset[str]:
    """What whoever signed with a key may: what the key may; with all scopes, manage, too.

    So nobody makes a key that may more than the one he has.
    """
    own = SCOPES & frozenset(scopes)
    return own | {MANAGE} if own == SCOPES else own
