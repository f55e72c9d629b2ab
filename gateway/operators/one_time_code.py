"""One-time codes: which time step of an authenticator app one is of (RFC 6238). Pure."""

import hmac
import re
from typing import Final

STEP_S: Final = 30
DRIFT: Final = (0, -1, 1)  # steps that a phone's clock may be off
_CODE: Final = re.compile(r"[0-9]{6}")


def step_of(secret: str, code: str, now_s: float) -> int | None:
    """The step that the code is of, if it is one of about now."""
    import pyotp  # late: help has no use for it

    if _CODE.fullmatch(code) is None:
        return None
    totp, step = pyotp.TOTP(secret), int(now_s) // STEP_S
    found = None
    for drift in DRIFT:
        if hmac.compare_digest(totp.at((step + drift) * STEP_S), code) and found is None:
            found = step + drift
    return found


def normal(code: str) -> str:
    """A code as it is compared: people type blanks, and recovery codes in capitals."""
    return "".join(code.split()).lower()
