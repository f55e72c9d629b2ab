"""A mail server in a process of its own (aiosmtpd): TLS, sign-in, and what it took as JSON lines.

    python -m tests.world.mail_server DIRECTORY implicit|starttls|none

`DIRECTORY` has `cert.pem` and `key.pem`; `ready` with the port appears there, then `taken`.
"""

import asyncio
import json
import ssl
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

PASSWORD = "letter-box-key"
REFUSED = "nobody@example.com"


class Taking:
    """Writes down what is sent; one address is refused."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def handle_RCPT(  # noqa: N802  as aiosmtpd calls it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Anybody but one."""
        if address == REFUSED:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        """Taken."""
        line = {
            "from": envelope.mail_from, "to": envelope.rcpt_tos,
            "text": envelope.content.decode(),
        }  # fmt: skip
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
        return "250 taken"


def _signs_in(_server: Any, _session: Any, _envelope: Any, _how: str, given: Any) -> AuthResult:
    known = LoginPassword(login=b"robot", password=PASSWORD.encode())
    return AuthResult(success=given == known, handled=False)


async def main(directory: Path, tls: str) -> None:
    """Until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    starttls = context if tls == "starttls" else None

    def make() -> SMTP:
        return SMTP(
            Taking(directory / "taken"),
            hostname="mail.test",
            authenticator=_signs_in,
            auth_required=tls != "none",
            auth_require_tls=tls == "starttls",
            require_starttls=tls == "starttls",
            tls_context=starttls,
        )

    server = await asyncio.get_running_loop().create_server(
        make, "127.0.0.1", 0, ssl=context if tls == "implicit" else None
    )
    port = server.sockets[0].getsockname()[1]
    (directory / "part").write_text(str(port))
    (directory / "part").rename(directory / "ready")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
