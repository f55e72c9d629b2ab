"""Sends e-mail to operators: over TLS, and only to addresses that may be connected to."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import Final

import aiosmtplib

from connectors.http1 import Resolve
from connectors.notifiers.email import Email
from connectors.notifiers.places import Judgement, Message
from gateway.webhooks.address_rule import Network, may_connect
from gateway.webhooks.resolver import ASKING, Resolver
from gateway.webhooks.rules import NOT_ALLOWED

SEND_S: Final = 30.0  # all of it, from the look-up on


class Mailer:
    """`allow` are networks that are permitted although they are private."""

    def __init__(
        self,
        allow: Sequence[Network],
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow = tuple(allow)
        self._resolve = resolve or Resolver()
        self._tls = tls

    async def send(self, place: Email, message: Message) -> Judgement:
        """Hand it to the server; what became of it. Never raises but when cancelled."""
        ASKING.set(0)
        try:
            async with asyncio.timeout(SEND_S):
                return await self._send(place, message)
        except TimeoutError:
            return Judgement(why=f"no answer within {SEND_S:.0f} s")
        except aiosmtplib.SMTPResponseException as error:
            # Its words may repeat addresses and names; the number says enough.
            return Judgement(why=f"the mail server answered {error.code}")
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = sorted({refused.code for refused in error.recipients})
            return Judgement(why=f"the mail server answered {codes[0]} to who is to get it")
        except ssl.SSLCertVerificationError:
            return Judgement(why="the certificate was refused")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            refused = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            return Judgement(why="the certificate was refused" if refused else _broke(error))

    async def _send(self, place: Email, message: Message) -> Judgement:
        connected = await self._connect(place.host, place.port)
        if connected is None:
            return Judgement(why=NOT_ALLOWED)
        client = aiosmtplib.SMTP(
            hostname=place.host,
            sock=connected,
            port=None,
            use_tls=place.tls == "implicit",
            start_tls=place.tls == "starttls",
            tls_context=self._tls or ssl.create_default_context(),
            timeout=SEND_S,
            username=place.user or None,
            password=place.password.reveal() or None,
        )
        async with client:
            await client.send_message(place.letter(message), recipients=list(place.people))
        return Judgement()

    async def _connect(self, host: str, port: int) -> socket.socket | None:
        """A connection to the first address that may be connected to; None: there is none."""
        loop = asyncio.get_running_loop()
        failed: OSError | None = None
        for family, kind, protocol, _, address in await self._resolve(host, port):
            if not may_connect(str(address[0]), self._allow):
                continue
            made = socket.socket(family, kind or socket.SOCK_STREAM, protocol)
            made.setblocking(False)
            try:
                await loop.sock_connect(made, address)
            except OSError as error:
                failed = error
                made.close()
            except BaseException:
                made.close()
                raise
            else:
                return made
        if failed is not None:
            raise failed
        return None


def _broke(error: Exception) -> str:
    return f"the mail could not be sent: {type(error).__name__}"
