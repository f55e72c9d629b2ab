"""The kinds of places: settings, the request that tells them, and what their answer means.

Robots answer 200 whatever became of a message; the number in the body says it. Their documents:
DingTalk "自定义机器人接入" and its security settings, Feishu "自定义机器人使用指南", WeCom
"群机器人配置说明", Telegram Bot API "sendMessage"; webhooks are as Standard Webhooks has them.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import quote_plus

from connectors.exchange import HttpRequest, HttpResponse
from connectors.notifiers.notice import FRAMES, Notice, Told, as_text, check_language
from connectors.secret import Secret

JSON: Final = {"content-type": "application/json; charset=utf-8"}
ANSWER_BYTES_MAX: Final = 4096
NO_SECRET: Final = Secret("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told at once. `id` tells messages apart; `now_s` are Unix seconds. `told` says what
    the program says in the place's language.
    """

    id: str
    notices: Sequence[Notice]
    now_s: float
    told: Told = str

    def text(self, bytes_max: int, language: str) -> str:
        """For people."""
        return as_text(self.notices, bytes_max, FRAMES[language], self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of a message. `wait_s`: when the place takes the next one, as far as it says."""

    why: str | None = None  # None: it was taken
    wait_s: float = 0.0


class Place(Protocol):
    """A place, with its settings. `gap_s` is what has to lie between two messages."""

    gap_s: ClassVar[float]

    @property
    def language(self) -> str: ...

    def request(self, message: Message) -> HttpRequest: ...
    def judge(self, response: HttpResponse) -> Judgement: ...


def _post(url: str, body: Mapping[str, Any], headers: Mapping[str, str] = JSON) -> HttpRequest:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return HttpRequest(
        method="POST", url=url, headers=headers, body=raw, response_bytes_max=ANSWER_BYTES_MAX
    )


def _answer(response: HttpResponse) -> Mapping[str, Any]:
    try:
        found = json.loads(response.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sign(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()


def _by_number(
    response: HttpResponse, number: str, words: str, waits: Mapping[int, float]
) -> Judgement:
    """Of places that say a number, 0 for good; a busy one is left alone for a while."""
    said = _answer(response)
    code = said.get(number)
    if response.status == 200 and code == 0:
        return Judgement()
    if not isinstance(code, int):
        return Judgement(why=f"answered {response.status} without {number}")
    # Their words may repeat what was sent, and so what is in the address; the number says enough.
    text = str(said.get(words, ""))[:60]
    return Judgement(why=f"{number} {code}: {text}", wait_s=waits.get(code, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class DingTalk:
    """A custom robot of a DingTalk group; the secret is that of its security setting 加签."""

    url: Secret
    secret: Secret = NO_SECRET
    language: str = "en"

    gap_s: ClassVar[float] = 3.5  # 20 a minute; over that, silence for ten

    def __post_init__(self) -> None:
        check_language(self.language)

    def request(self, message: Message) -> HttpRequest:
        """A text message; the signature goes into the query."""
        url = self.url.reveal()
        if self.secret:
            stamp, key = str(int(message.now_s * 1000)), self.secret.reveal()
            signed = quote_plus(_sign(key.encode(), f"{stamp}\n{key}".encode()))
            url += f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={signed}"
        return _post(
            url, {"msgtype": "text", "text": {"content": message.text(18_000, self.language)}}
        )

    def judge(self, response: HttpResponse) -> Judgement:
        """By `errcode`."""
        return _by_number(
            response, "errcode", "errmsg", {130101: 600.0, 90030: 600.0, 660026: 600.0}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feishu:
    """A custom robot of a Feishu group; the secret is that of its 签名校验."""

    url: Secret
    secret: Secret = NO_SECRET
    language: str = "en"

    gap_s: ClassVar[float] = 1.0  # 100 a minute, 5 a second

    def __post_init__(self) -> None:
        check_language(self.language)

    def request(self, message: Message) -> HttpRequest:
        """A text message; the signature goes into the body: its key is what others sign."""
        body: dict[str, Any] = {
            "msg_type": "text", "content": {"text": message.text(18_000, self.language)},
        }  # fmt: skip
        if self.secret:
            stamp = str(int(message.now_s))
            key = f"{stamp}\n{self.secret.reveal()}".encode()
            body |= {"timestamp": stamp, "sign": _sign(key, b"")}
        return _post(self.url.reveal(), body)

    def judge(self, response: HttpResponse) -> Judgement:
        """By `code`."""
        return _by_number(response, "code", "msg", {11232: 60.0, 9499: 60.0})


@dataclass(frozen=True, slots=True, kw_only=True)
class WeCom:
    """A robot of a WeCom group; its address is its secret."""

    url: Secret
    language: str = "en"

    gap_s: ClassVar[float] = 3.5  # 20 a minute

    def __post_init__(self) -> None:
        check_language(self.language)

    def request(self, message: Message) -> HttpRequest:
        """A text message of at most 2048 bytes."""
        text = message.text(2_048, self.language)
        return _post(self.url.reveal(), {"msgtype": "text", "text": {"content": text}})

    def judge(self, response: HttpResponse) -> Judgement:
        """By `errcode`."""
        return _by_number(response, "errcode", "errmsg", {45009: 60.0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """A bot that writes to a chat."""

    token: Secret
    chat: str
    url: str = "https://api.telegram.org"
    language: str = "en"

    gap_s: ClassVar[float] = 3.5  # 20 a minute in a group

    def __post_init__(self) -> None:
        check_language(self.language)

    def request(self, message: Message) -> HttpRequest:
        """Plain text, at most 4096 characters."""
        body = {"chat_id": self.chat, "text": message.text(4_096, self.language)}
        return _post(f"{self.url}/bot{self.token.reveal()}/sendMessage", body)

    def judge(self, response: HttpResponse) -> Judgement:
        """By `ok`; a busy one says when to come again."""
        said = _answer(response)
        if said.get("ok") is True:
            return Judgement()
        parameters = said.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        waits = float(min(wait, 3600)) if isinstance(wait, int) and wait > 0 else 0.0
        return Judgement(why=f"error_code {said.get('error_code', response.status)}", wait_s=waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A program of your own; signed as webhooks to partners are, with a secret of its own."""

    url: str
    secret: Secret

    gap_s: ClassVar[float] = 1.0
    language: ClassVar[str] = "en"  # it is told as programs are

    def request(self, message: Message) -> HttpRequest:
        """`{"alerts": […]}`; `webhook-id` is the same when a message is repeated."""
        raw = json.dumps(
            {"type": "alerts", "alerts": [one.json() for one in message.notices]},
            ensure_ascii=False, separators=(",", ":"),
        ).encode()  # fmt: skip
        stamp = str(int(message.now_s))
        signed = f"{message.id}.{stamp}.".encode() + raw
        headers = {
            **JSON,
            "webhook-id": message.id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{_sign(self.secret.reveal().encode(), signed)}",
        }
        return HttpRequest(
            method="POST", url=self.url, headers=headers, body=raw,
            response_bytes_max=ANSWER_BYTES_MAX,
        )  # fmt: skip

    def judge(self, response: HttpResponse) -> Judgement:
        """2xx is taken."""
        if 200 <= response.status < 300:
            return Judgement()
        return Judgement(why=f"answered {response.status}")
