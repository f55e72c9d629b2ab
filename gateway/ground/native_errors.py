"""The exceptions that `gateway._core` raises, defined here so that Python users see Python classes.

The native core imports them by name; nothing else may be added to them there.
"""

from gateway.ground.errors import QuangateError


class CoreError(QuangateError):
    """The native core refused."""


class CodeFileError(CoreError):
    """This file is no code file."""


class VaultError(CoreError):
    """The vault cannot be used as it is; the message tells the operator what to do."""


class RecordCorrupt(VaultError):  # noqa: N818  (a finding about data)
    """A record or wrapped secret does not open here: bit rot, a moved row or a forgery."""


class KeyMissing(VaultError):  # noqa: N818  (the same)
    """Something is encrypted under a key that is not held; bring the key back."""
