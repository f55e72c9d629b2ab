"""How an upstream is reached: directly, or through a proxy, over HTTP/2, with a client certificate,
by a private CA. The one place that chooses between the two HTTP clients.
"""

import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from connectors import registry
from connectors.contract import Connector
from connectors.http1 import ClientLimits
from connectors.secret import Secret
from connectors.settings import SettingsError
from connectors.transport import Client, HttpTransport

PROXY_SCHEMES: Final = ("http", "https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """`proxy` is a URL that may hold credentials; certificates and keys are PEM texts."""

    proxy: Secret | None = None
    client_cert: str | None = None
    client_key: Secret | None = None
    ca: str | None = None
    http2: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether our own lean client can do it."""
        return self == DIRECT

    def check(self, base_url: str) -> None:
        """Raises SettingsError with a sentence if no connection could ever be made this way."""
        if self.proxy is not None:
            _check_proxy(self.proxy.reveal())
        is_tls = base_url.startswith("https://")
        if self.http2 and not is_tls:
            raise SettingsError(
                "--http2 is agreed on under TLS: it needs an https base URL", "http2"
            )
        if (self.client_cert or self.ca) and not is_tls:
            raise SettingsError(
                "--client-cert and --ca are for TLS: they need an https base URL", "client_cert"
            )
        if (self.client_cert is None) != (self.client_key is None):
            raise SettingsError("--client-cert and --client-key come together", "client_key")
        self.tls_context()

    def tls_context(self) -> ssl.SSLContext | None:
        """What TLS is verified with; None: as usual. Raises SettingsError."""
        if self.client_cert is None and self.ca is None:
            return None
        try:
            context = ssl.create_default_context(cadata=self.ca)
        except ssl.SSLError:
            raise SettingsError("--ca has no certificates in PEM", "ca") from None
        if self.client_cert is not None and self.client_key is not None:
            _load_pair(context, self.client_cert, self.client_key.reveal())
        return context

    def transport(self) -> HttpTransport:
        """A transport that goes this way, closed by its owner."""
        if self.is_direct:
            return HttpTransport()
        return HttpTransport(verify=self.tls_context(), client=partial(_httpx_client, self))

    def shown(self) -> dict[str, Any]:
        """What a person may see of it: no credentials, no key."""
        proxy = urlsplit(self.proxy.reveal()) if self.proxy is not None else None
        return {
            "proxy": f"{proxy.scheme}://{proxy.hostname}:{proxy.port}" if proxy else None,
            "client_cert": _ends(self.client_cert),
            "ca": _ends(self.ca),
            "http2": self.http2,
        }

    def stored(self) -> dict[str, Any]:
        """As JSON for the vault; what is not set is left out."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {n: v.reveal() if isinstance(v, Secret) else v for n, v in values.items()}
        return {name: value for name, value in plain.items() if value}


DIRECT: Final = Egress()
STORED: Final = "@egress"  # beside a connector's settings; none of theirs begins so


def with_egress(settings: Mapping[str, str], egress: Egress) -> dict[str, Any]:
    """What is stored of an account: its connector's settings, and the way unless it is direct."""
    return {**settings, **({} if egress.is_direct else {STORED: egress.stored()})}


def split_egress(stored: Mapping[str, Any]) -> tuple[dict[str, str], Egress]:
    """A connector's settings, and the way, of what `with_egress` made."""
    settings = {name: value for name, value in stored.items() if name != STORED}
    return settings, read_egress(stored.get(STORED, {}))


def open_account(
    connector: str, base_url: str, stored: Mapping[str, Any]
) -> tuple[Connector, HttpTransport]:
    """An account's connector, and the transport it is reached by; closed by the caller.

    Raises SettingsError.
    """
    settings, egress = split_egress(stored)
    return registry.create(connector, base_url, settings), egress.transport()


def read_egress(stored: Mapping[str, Any]) -> Egress:
    """What `stored` wrote."""
    secrets = {name: Secret(stored[name]) for name in ("proxy", "client_key") if name in stored}
    return Egress(**{**stored, **secrets})


def _httpx_client(egress: Egress, limits: ClientLimits, tls: ssl.SSLContext | None) -> Client:
    from connectors.httpx_client import HttpxClient  # a tenth of a second that most never need

    proxy = egress.proxy.reveal() if egress.proxy is not None else None
    return HttpxClient(limits, tls=tls, proxy=proxy, http2=egress.http2)


def _check_proxy(url: str) -> None:
    # The URL is not repeated: it may hold a password.
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise SettingsError("--proxy is not a URL", "proxy") from None
    if parts.scheme not in PROXY_SCHEMES or not host or port is None:
        raise SettingsError("--proxy must be http://HOST:PORT or https://HOST:PORT", "proxy")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise SettingsError("--proxy must be without path, query and fragment", "proxy")


def _load_pair(context: ssl.SSLContext, certificate: str, key: str) -> None:
    def no_passphrase() -> str:
        raise SettingsError(
            "--client-key is locked by a passphrase: give it without one", "client_key"
        )

    # OpenSSL reads these from files only. The directory is ours alone and gone at once.
    with tempfile.TemporaryDirectory(prefix="quangate-egress-") as directory:
        cert_file, key_file = Path(directory) / "cert.pem", Path(directory) / "key.pem"
        for path, text in ((cert_file, certificate), (key_file, key)):
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
        try:
            context.load_cert_chain(cert_file, key_file, password=no_passphrase)
        except ssl.SSLError:
            raise SettingsError(
                "--client-cert and --client-key are not a certificate and its key in PEM",
                "client_cert",
            ) from None


def _ends(pem: str | None) -> str | None:
    """When the first certificate of a PEM text ends, RFC 3339."""
    if pem is None:
        return None
    from cryptography import x509

    ends: datetime = x509.load_pem_x509_certificates(pem.encode())[0].not_valid_after_utc
    return ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
