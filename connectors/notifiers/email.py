"""E-mail: its settings, and the message (RFC 5322). How it is sent is for who has a connection."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import ClassVar, Final

from connectors.notifiers.notice import check_language
from connectors.notifiers.places import NO_SECRET, Message
from connectors.secret import Secret
from connectors.settings import SettingsError

TLS: Final = ("implicit", "starttls", "none")
TO_MAX: Final = 20
TEXT_BYTES_MAX: Final = 64_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """A mail server that takes messages for some people, and how it is reached.

    `tls`: from the first byte, by STARTTLS, or none; without it nobody signs in.
    """

    host: str
    sender: str
    to: str  # several with commas between them
    port: int = 465
    tls: str = "implicit"
    user: str = ""
    password: Secret = NO_SECRET
    language: str = "en"

    gap_s: ClassVar[float] = 60.0  # what comes within a minute is one message

    def __post_init__(self) -> None:
        check_language(self.language)
        if not self.host or not self.host.isascii() or any(c in "/:@ " for c in self.host):
            raise SettingsError("setting host is the name of a mail server, without a port", "host")
        if not 1 <= self.port <= 65_535:
            raise SettingsError("setting port is 1 to 65535", "port")
        if self.tls not in TLS:
            raise SettingsError(f"setting tls is one of {', '.join(TLS)}", "tls")
        if bool(self.user) != bool(self.password):
            raise SettingsError("settings user and password come together", "password")
        if self.user and self.tls == "none":
            raise SettingsError("setting tls is none: no password goes over that", "tls")
        _check_address("sender", self.sender)
        if not 1 <= len(self.people) <= TO_MAX:
            raise SettingsError(f"setting to names 1 to {TO_MAX} addresses", "to")
        for one in self.people:
            _check_address("to", one)

    @property
    def people(self) -> tuple[str, ...]:
        """Who gets it."""
        return tuple(part.strip() for part in self.to.split(",") if part.strip())

    def letter(self, message: Message) -> EmailMessage:
        """One message; its Message-ID is the same when it is repeated."""
        text = message.text(TEXT_BYTES_MAX, self.language)
        head, _, rest = text.partition("\n")
        first = rest.partition("\n")[0]
        subject = f"{head}: {first}" if len(message.notices) > 1 else f"Quangate: {first}"
        made = EmailMessage(policy=SMTP)
        made["From"] = self.sender
        made["To"] = ", ".join(self.people)
        made["Subject"] = subject[:200]
        made["Date"] = format_datetime(datetime.fromtimestamp(message.now_s, UTC))
        made["Message-ID"] = f"<{message.id}@{self.sender.rpartition('@')[2]}>"
        made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing answers it by itself
        made.set_content(text + "\n")
        return made


def _check_address(setting: str, text: str) -> None:
    try:
        parsed = Address(addr_spec=text)
    except (ValueError, IndexError, LookupError):
        parsed = None
    if parsed is None or not parsed.domain or not text.isascii() or not text.isprintable():
        raise SettingsError(f"setting {setting} must be like name@example.com", setting) from None
