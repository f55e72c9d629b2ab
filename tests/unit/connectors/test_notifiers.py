"""Places where operators are told: what goes out, and what answers mean."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.exchange import HttpResponse
from connectors.notifiers.kinds import PLACES
from connectors.notifiers.notice import Notice, as_text
from connectors.notifiers.places import Judgement, Message, Place
from connectors.settings import SettingsError, load_settings

NOW_S = 1767225600.0
OF_KIND = {
    "webhook": {"url": "http://here/x", "secret": "top"},
    "dingtalk": {"url": "https://oapi.example/robot/send?access_token=t", "secret": "SECabc"},
    "feishu": {"url": "https://open.example/hook/h", "secret": "demo"},
    "wecom": {"url": "https://qyapi.example/send?key=k"},
    "telegram": {"token": "1:t", "chat": "-100"},
}


def notice(**other: Any) -> Notice:
    """Some alert."""
    known = {
        "event": "opened", "alert": "7", "kind": "parked", "subject": "orders", "level": "ticket",
        "detail": "3 orders wait", "since": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    return Notice(**{**known, **other})


def place(kind: str) -> Place:
    """One of its kind."""
    made: Place = load_settings(PLACES[kind], OF_KIND[kind])
    return made


def message(*notices: Notice) -> Message:
    """At a known moment."""
    return Message(id="al_1_2", notices=notices or (notice(),), now_s=NOW_S)


TEXT = "Quangate: 1 alert\n[ticket] parked orders: 3 orders wait (since 2026-01-01T00:00:00Z)"


def test_each_is_told_in_its_own_form() -> None:
    """Signatures are those that openssl makes of what the documents say is signed."""
    ding = place("dingtalk").request(message())
    asked = parse_qs(urlsplit(ding.url).query)
    assert asked == {
        "access_token": ["t"],
        "timestamp": ["1767225600000"],
        "sign": ["Tns+q9xy3ZrHUPnf0YouCf2mHINUhrfNLY8ohhAIgfw="],
    }
    assert json.loads(ding.body) == {"msgtype": "text", "text": {"content": TEXT}}
    feishu = json.loads(place("feishu").request(message()).body)
    assert feishu == {
        "msg_type": "text",
        "content": {"text": TEXT},
        "timestamp": "1767225600",
        "sign": "OeJmDC3C7FsudJ7/9z2vZtAnXCvb3MhsqwPgUZXABqw=",
    }
    assert json.loads(place("wecom").request(message()).body)["text"] == {"content": TEXT}
    telegram = place("telegram").request(message())
    assert telegram.url == "https://api.telegram.org/bot1:t/sendMessage"
    assert json.loads(telegram.body) == {"chat_id": "-100", "text": TEXT}
    hook = place("webhook").request(message())
    assert json.loads(hook.body)["alerts"] == [notice().json()]
    assert (hook.headers["webhook-id"], hook.headers["webhook-timestamp"]) == (
        "al_1_2",
        "1767225600",
    )


CHINESE = "Quangate：1 条告警\n[工单] 待处理 orders：3 个订单在等（自 2026-01-01T00:00:00Z 起）"
SAYS = {"ticket": "工单", "parked": "待处理", "3 orders wait": "3 个订单在等"}


@pytest.mark.parametrize("kind", ["dingtalk", "feishu", "wecom", "telegram", "email"])
def test_people_read_their_language(kind: str) -> None:
    """`language=zh`: the words around an alert, and its own; a program is told as ever.

    Seen red with `as_text` of no frame.
    """
    email = {"host": "mail.example", "sender": "q@example.com", "to": "duty@example.com"}
    settings = {**OF_KIND.get(kind, email), "language": "zh"}
    told = load_settings(PLACES[kind], settings)
    given = Message(id="al_1_2", notices=[notice()], now_s=NOW_S, told=lambda t: SAYS.get(t, t))
    if kind == "email":
        letter = told.letter(given)
        assert letter.get_content().splitlines() == CHINESE.split("\n")
        assert letter["Subject"] == f"Quangate: {CHINESE.partition(chr(10))[2]}"
    else:
        assert CHINESE in json.dumps(
            json.loads(told.request(given).body), ensure_ascii=False
        ).replace("\\n", "\n")
    with pytest.raises(SettingsError) as wrong:
        load_settings(PLACES[kind], {**settings, "language": "fr"})
    assert (wrong.value.setting, str(wrong.value)) == (
        "language", "setting language is one of en, zh",
    )  # fmt: skip


def test_a_program_has_no_language() -> None:
    """Seen red with the setting there."""
    with pytest.raises(SettingsError) as wrong:
        load_settings(PLACES["webhook"], {**OF_KIND["webhook"], "language": "zh"})
    assert wrong.value.setting == "language"


@pytest.mark.parametrize(
    ("kind", "status", "body", "judged"),
    [
        ("dingtalk", 200, '{"errcode":0,"errmsg":"ok"}', (True, 0)),
        ("dingtalk", 200, '{"errcode":310000,"errmsg":"sign not match"}', (False, 0)),
        ("dingtalk", 200, '{"errcode":130101,"errmsg":"send too fast"}', (False, 600)),
        ("feishu", 200, '{"code":0,"msg":"success","data":{}}', (True, 0)),
        ("feishu", 400, '{"code":19021,"msg":"sign match fail"}', (False, 0)),
        ("feishu", 200, '{"code":11232,"msg":"frequency limited"}', (False, 60)),
        ("wecom", 200, '{"errcode":0,"errmsg":"ok"}', (True, 0)),
        ("wecom", 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', (False, 0)),
        ("wecom", 200, "<html>a portal</html>", (False, 0)),
        ("telegram", 200, '{"ok":true,"result":{}}', (True, 0)),
        ("telegram", 429, '{"ok":false,"parameters":{"retry_after":7}}', (False, 7)),
        ("telegram", 403, '{"ok":false,"error_code":403}', (False, 0)),
        ("webhook", 204, "", (True, 0)),
        ("webhook", 302, "", (False, 0)),
    ],
)  # fmt: skip
def test_answers(kind: str, status: int, body: str, judged: tuple[bool, float]) -> None:
    """Robots answer 200 whatever became of it: the number decides, and a busy one is left alone.

    Seen red with the status alone.
    """
    found: Judgement = place(kind).judge(HttpResponse(status=status, body=body.encode()))
    assert (found.why is None, found.wait_s) == judged


@pytest.mark.parametrize("limit", [60, 200, 2_048])
def test_a_digest_fits(limit: int) -> None:
    """The most urgent first, never longer than the place takes, and what was left out is counted;
    what comes from outside adds no line."""
    many = [notice(subject=f"上游 {n}", level="info") for n in range(50)]
    text = as_text([*many, notice(level="page", detail="a\nb\r\nc")], limit)
    assert len(text.encode()) <= limit
    lines = text.split("\n")
    assert lines[0] == "Quangate: 51 alerts"
    assert lines[1].startswith("[page] parked orders: a b c"[: limit - 22])
    if limit > 200:
        assert lines[-1] == f"… and {51 - (len(lines) - 2)} more"


def test_no_secret_is_shown() -> None:
    """Nothing of the settings is in what a place looks like."""
    shown = " ".join(repr(place(kind)) for kind in OF_KIND)
    assert not any(word in shown for word in ("SECabc", "access_token", "1:t", "key=k", "top"))
