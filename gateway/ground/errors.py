"""Broken expectations, split by whose fault they are and what to do about them.

An outcome (sold out, rejected, unknown) is a return value, never one of these.
The docstring of a class is its default message.
"""

from collections.abc import Sequence


class QuangateError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message if message is not None else (type(self).__doc__ or ""))


class ConfigError(QuangateError):
    """A setting is wrong; the operator has to change it."""


class RefusedError(QuangateError):
    """The operator asked for something that cannot be done; `code` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class StoreUnavailableError(QuangateError):
    """The database cannot be reached or does not answer; retrying helps."""


class RolledBackError(StoreUnavailableError):
    """Another transaction went first and nothing of this one took place: try again."""


class OverloadedError(StoreUnavailableError):
    """Too much is going on; retrying in a moment helps."""


class CommitInDoubtError(StoreUnavailableError):
    """The connection broke after a commit was sent: whether it took place must be decided."""


class LeaseLostError(QuangateError):
    """A lease was reclaimed or revoked; nothing was committed under it."""

    def __init__(self, leases: Sequence[int] = ()) -> None:
        super().__init__()
        self.leases = leases  # the ids of those that were lost


class BatchPoisonedError(QuangateError):
    """The database refused the data of a batch; nothing of it was committed."""


class InvariantBrokenError(QuangateError):
    """A guard fired that only a bug in Quangate can trip; stop and page."""
