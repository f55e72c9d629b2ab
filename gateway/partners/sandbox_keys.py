"""Keys of the sandbox: by their ids they are known, and their scopes are none of the real world's.

So a worker that has never heard of the sandbox takes them for keys that may do nothing. Pure.
"""

from typing import Final

PREFIX: Final = "qk_test_"
SCOPE_PREFIX: Final = "sandbox:"


def is_of_sandbox(key_id: str) -> bool:
    """Whether a key orders in the sandbox alone."""
    return key_id.startswith(PREFIX)


def scope_in_sandbox(scope: str) -> str:
    """What a scope is called there."""
    return SCOPE_PREFIX + scope


def shown_scope(scope: str) -> str:
    """What it is called in both."""
    return scope.removeprefix(SCOPE_PREFIX)
