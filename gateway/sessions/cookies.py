"""The cookie of a session: read from a request, and as it is set. Pure."""

from typing import Final

from gateway.ground.http.request import Asked
from gateway.sessions.rules import PLAIN_COOKIE, SECURE_COOKIE

VALUE_LENGTH_MAX: Final = 128  # of one that is worth a hash
_MARKS: Final = "Path=/; HttpOnly; SameSite=Strict"


def name_of(request: Asked, of: str = "") -> str:
    """What it is called here: plain HTTP cannot have the one that browsers guard. `of`: of another
    face than the console.
    """
    return f"{SECURE_COOKIE if request.is_https else PLAIN_COOKIE}{of}"


def name_before(request: Asked) -> str:
    """Of the one that a browser shows which has no session yet and means to come by passkey."""
    return f"{name_of(request)}-passkey"


def read(request: Asked, name: str) -> str | None:
    """A cookie's value; one that is there twice is none."""
    found = [
        value.strip()
        for header in request.headers.getall("Cookie", ())
        for pair in header.split(";")
        for key, mark, value in (pair.partition("="),)
        if mark and key.strip() == name
    ]
    return found[0] if len(found) == 1 and 0 < len(found[0]) <= VALUE_LENGTH_MAX else None


def setting(request: Asked, value: str, name: str | None = None) -> str:
    """As `Set-Cookie` has it: until the browser ends, if the session does not end before."""
    secure = "; Secure" if request.is_https else ""
    return f"{name or name_of(request)}={value}; {_MARKS}{secure}"


def forgetting(request: Asked, of: str = "") -> str:
    """As `Set-Cookie` takes it away."""
    return f"{setting(request, '', name_of(request, of))}; Max-Age=0"
