"""Reaches Reloadly's services: tokens, and requests that carry them. Pure; the token is session
state, and may be lost at any time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.contract import Context, Exchange, Reason, Token, UpstreamRefused
from connectors.exchange import (
    FailureKind,
    HttpRequest,
    HttpResponse,
    ProtocolError,
    TransportFailure,
)
from connectors.loose import as_decimal, as_text, read_object
from connectors.reloadly.wire import ACCEPT, ReloadlySettings, Service
from connectors.secret import Secret
from connectors.signing import compact_json

TOKEN_MARGIN_S: Final = 60.0  # a token this close to its end is replaced before it is used


class NotExecuted(UpstreamRefused):
    """The request was never read by the service: no token was had for it, or no connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One account's way to both services."""

    base_url: str
    settings: ReloadlySettings

    def call(
        self,
        service: Service,
        path: str,
        context: Context,
        members: Mapping[str, Any] | None = None,
    ) -> Exchange[HttpResponse]:
        """One request with a token: a GET, or a purchase if it has members. A 401 was not executed:
        it gets a new token and one more try.
        """
        token = yield from self._token(service, context)
        response = yield self._request(service, path, token, members)
        if response.status != 401:
            return response
        context.session.tokens.pop(self._audience(service), None)
        token = yield from self._token(service, context)
        try:
            response = yield self._request(service, path, token, members)
        except TransportFailure as failure:
            if failure.kind is FailureKind.NOT_SENT:
                raise NotExecuted(Reason.CONNECTION, "", failure.reason) from failure
            raise
        return response

    def _request(
        self, service: Service, path: str, token: Token, members: Mapping[str, Any] | None
    ) -> HttpRequest:
        url = self.settings.service_url(service, self.base_url) + path
        headers = {
            "authorization": f"Bearer {token.value.reveal()}",
            "accept": ACCEPT[service],
        }
        if members is None:
            return HttpRequest(method="GET", url=url, headers=headers, response_bytes_max=8_388_608)
        return HttpRequest(
            method="POST",
            url=url,
            headers={**headers, "content-type": "application/json"},
            body=compact_json(dict(members)).encode(),
            executes=True,
        )

    def _audience(self, service: Service) -> str:
        return self.settings.audience or self.settings.service_url(service, self.base_url)

    def _token(self, service: Service, context: Context) -> Exchange[Token]:
        """The session's token, or a new one; raises `NotExecuted` if there is none to be had."""
        audience = self._audience(service)
        token = context.session.tokens.get(audience)
        if token is not None and token.expires_at - TOKEN_MARGIN_S > context.now:
            return token
        try:
            response = yield self._token_request(audience)
        except TransportFailure as failure:
            raise NotExecuted(Reason.CONNECTION, "", failure.reason) from failure
        token = _read_token(response, context.now)
        context.session.tokens[audience] = token
        return token

    def _token_request(self, audience: str) -> HttpRequest:
        members = {
            "client_id": self.settings.client_id,
            "client_secret": self.settings.client_secret.reveal(),
            "grant_type": "client_credentials",
            "audience": audience,
        }
        return HttpRequest(
            method="POST",
            url=self.settings.token_url(self.base_url),
            headers={"content-type": "application/json", "accept": "application/json"},
            body=compact_json(members).encode(),
        )


def _read_token(response: HttpResponse, now: float) -> Token:
    """A token, or `NotExecuted` with why there is none."""
    if response.status == 429:
        raise NotExecuted(Reason.RATE_LIMITED, "429", "no token: too many requests")
    if response.status in {400, 401, 403}:
        raise NotExecuted(Reason.CREDENTIALS, str(response.status), "no token: refused")
    try:
        answer = read_object(response.body)
    except ProtocolError:
        answer = {}
    value, lifetime_s = as_text(answer.get("access_token")), as_decimal(answer.get("expires_in"))
    if response.status not in {200, 201} or value is None:
        raise NotExecuted(Reason.UNREADABLE, str(response.status), "no token in the answer")
    # Without a lifetime it is used once: as good as expired, and a 401 would replace it anyway.
    return Token(value=Secret(value), expires_at=now + float(lifetime_s or 0))
