"""The kinds of places that there are, by name: a settings class each."""

from collections.abc import Mapping
from typing import Any, Final

from connectors.notifiers.email import Email
from connectors.notifiers.places import DingTalk, Feishu, Telegram, Webhook, WeCom

PLACES: Final[Mapping[str, type[Any]]] = {
    "webhook": Webhook,
    "email": Email,
    "dingtalk": DingTalk,
    "feishu": Feishu,
    "wecom": WeCom,
    "telegram": Telegram,
}
