"""Every refusal that a platform knows, as the answer to a query and to a submit.

Absence is proved only by an answer about the order: read wrongly, an executed order is sent again.
The table is upstreams.md §1 and §9, row by row; what it does not know proves nothing.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.contract import (
    AnswerKind,
    Connector,
    Context,
    QueryRequest,
    Session,
    SubmitRequest,
    Token,
    UpstreamRefused,
)
from connectors.exchange import HttpResponse, ProtocolError
from connectors.refusal import denies_order
from connectors.secret import Secret
from tests.unit.connectors.refusals_by_file import (
    BY_FILE,
    GONE,
    NO_NEWS,
    NOT_SENT,
    REJECTED,
    UNKNOWN,
    refusal,
)
from tests.unit.connectors.test_connectors_hostile import connectors, drive
from tests.world.connector_play import ok

CONNECTORS = {each.name: each for each in connectors()}
NOW = 1767225600.0


# Platform, HTTP status, what it says, what that is to a query, what to a submit.
ROWS: list[tuple[str, int, str, AnswerKind, AnswerKind]] = [
    # fulu: six documented codes; the rest is undocumented, so only a whole sentence tells.
    *(("fulu", 200, f"{code} 商品不可售", NO_NEWS, REJECTED)
      for code in (3001, 3002, 3003, 3004, 3005, 3008)),
    ("fulu", 200, "1001 应用不存在", NO_NEWS, UNKNOWN),
    ("fulu", 200, "1001 参数错误", NO_NEWS, UNKNOWN),
    ("fulu", 200, "1002 签名错误", NO_NEWS, UNKNOWN),
    ("fulu", 200, "3006 商品不存在", NO_NEWS, UNKNOWN),
    ("fulu", 200, "2301 商户余额不足", NO_NEWS, REJECTED),
    ("fulu", 200, "2301 订单已提交，余额不足以支付下一单", NO_NEWS, UNKNOWN),
    ("fulu", 200, "2109 外部订单号已存在", NO_NEWS, UNKNOWN),
    ("fulu", 200, "2110 订单不存在", GONE, UNKNOWN),
    ("fulu", 500, "2110 订单不存在", NO_NEWS, UNKNOWN),
    # kasushou: 400 with a text. To a submit it is believed after a look that finds nothing.
    ("kasushou", 200, "用户不存在", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "商户不存在", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "商品不存在", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "接口不存在", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "签名错误", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "请求已过期", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "账户余额不足", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "商品价格高于safe_price", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "外部订单号重复", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "订单已存在", NO_NEWS, UNKNOWN),
    ("kasushou", 200, "订单不存在", GONE, REJECTED),
    ("kasushou", 200, "500 订单不存在", NO_NEWS, UNKNOWN),
    ("kasushou", 502, "订单不存在", NO_NEWS, UNKNOWN),
    # dayuanren: errno 1 with a text; these are documented, and a query knows none of them.
    *(("dayuanren", 200, text, NO_NEWS, REJECTED) for text in (
        "签名错误", "参数错误，请使用http-post表单", "请将ip加入接口白名单", "账户不可用",
        "面值检测不相同", "成本限制", "未找到相关产品", "手机号格式不正确",
        "请将ip:203.0.113.7加入接口白名单")),
    ("dayuanren", 200, "已经存在相同商户订单号的订单", NO_NEWS, UNKNOWN),
    ("dayuanren", 200, "已经存在相同商户订单号的订单,账户不可用", NO_NEWS, UNKNOWN),
    ("dayuanren", 200, "订单已提交,手机号格式不正确时将退款", NO_NEWS, UNKNOWN),
    ("dayuanren", 200, "用户不存在", NO_NEWS, UNKNOWN),
    ("dayuanren", 200, "订单不存在", NO_NEWS, UNKNOWN),  # a missing row says that, nothing else
    # dtone: codes; only 1008004 speaks of the transaction.
    ("dtone", 400, "1000400", NO_NEWS, REJECTED),
    ("dtone", 401, "1000401 Unauthorized", NO_NEWS, REJECTED),
    ("dtone", 404, "1000404 not found", NO_NEWS, UNKNOWN),
    ("dtone", 429, "1000429", NO_NEWS, NOT_SENT),
    ("dtone", 404, "1003001 product not found", NO_NEWS, REJECTED),
    ("dtone", 400, "1003002", NO_NEWS, REJECTED),
    ("dtone", 400, "1005003", NO_NEWS, REJECTED),
    ("dtone", 400, "1006001", NO_NEWS, REJECTED),
    ("dtone", 400, "1007001", NO_NEWS, UNKNOWN),
    ("dtone", 400, "1007002", NO_NEWS, UNKNOWN),
    *(("dtone", 400, f"100700{n}", NO_NEWS, UNKNOWN) for n in (4, 5, 7)),
    ("dtone", 404, "1008004", GONE, UNKNOWN),
    ("dtone", 500, "1008004", NO_NEWS, UNKNOWN),
    ("dtone", 500, "1009001", NO_NEWS, UNKNOWN),
    ("dtone", 503, "1009503", NO_NEWS, UNKNOWN),
    # reloadly: words for codes; none of them says that a transaction is not there.
    ("reloadly", 401, "TOKEN_EXPIRED", NO_NEWS, NOT_SENT),
    ("reloadly", 401, "INVALID_TOKEN", NO_NEWS, NOT_SENT),
    ("reloadly", 400, "INSUFFICIENT_BALANCE", NO_NEWS, REJECTED),
    ("reloadly", 400, "PHONE_RECENTLY_RECHARGED", NO_NEWS, UNKNOWN),
    ("reloadly", 400, "INVALID_RECIPIENT_PHONE", NO_NEWS, REJECTED),
    ("reloadly", 400, "INVALID_AMOUNT_FOR_OPERATOR", NO_NEWS, REJECTED),
    ("reloadly", 400, "COULD_NOT_AUTO_DETECT_OPERATOR", NO_NEWS, REJECTED),
    ("reloadly", 404, "OPERATOR_UNAVAILABLE_OR_CURRENTLY_INACTIVE", NO_NEWS, REJECTED),
    ("reloadly", 400, "MAX_DAILY_TRANSACTION_COUNT_REACHED", NO_NEWS, REJECTED),
    ("reloadly", 400, "MAX_DAILY_TRANSACTION_AMOUNT_REACHED", NO_NEWS, REJECTED),
    ("reloadly", 400, "TRANSACTION_CANNOT_BE_PROCESSED_AT_THE_MOMENT", NO_NEWS, UNKNOWN),
    ("reloadly", 400, "TOPUP_TRANSACTION_FAILED", NO_NEWS, UNKNOWN),
    ("reloadly", 400, "CUSTOM_IDENTIFIER_ALREADY_USED", NO_NEWS, UNKNOWN),
    ("reloadly", 429, "RATE_LIMIT_REACHED", NO_NEWS, NOT_SENT),
    ("reloadly", 404, "TRANSACTION_NOT_FOUND not found", NO_NEWS, UNKNOWN),
    # dingconnect: codes; an empty list beside one is no empty list.
    *(("dingconnect", 200, code, NO_NEWS, REJECTED) for code in (
        "AccountNumberInvalid", "AccountNumberFailedRegex", "RechargeNotAllowed",
        "ParameterInvalid", "ParameterOutOfRange", "ProductUnavailable", "ProviderRefusedRequest",
        "ProviderTimedOut")),
    ("dingconnect", 500, "InsufficientBalance", NO_NEWS, REJECTED),
    ("dingconnect", 200, "RateLimited", NO_NEWS, NOT_SENT),
    ("dingconnect", 200, "DuplicateTransactionPrevented", NO_NEWS, UNKNOWN),
    ("dingconnect", 200, "AccountNotFound", NO_NEWS, UNKNOWN),
    *BY_FILE,
]  # fmt: skip


def context() -> Context:
    """A context in which every token is fresh."""
    session = Session()
    session.tokens["http://upstream.test"] = Token(value=Secret("t"), expires_at=NOW + 3600)
    return Context(now=NOW, session=session)


def asked(connector: Connector, answer: HttpResponse) -> AnswerKind:
    """What a query finds when this is the only answer there is, for ever."""
    request = QueryRequest(attempt_no="T1", product_id="25@10", account="+8613800138000")
    try:
        state, _ = drive(connector.query(request, context()), [answer])
    except (ProtocolError, UpstreamRefused):
        return AnswerKind.UNKNOWN  # as the driver says
    kind: AnswerKind = state.kind  # type: ignore[attr-defined]
    return kind


def submitted(connector: Connector, answer: HttpResponse) -> AnswerKind:
    """What a submit comes to when this is the only answer there is, for ever."""
    request = SubmitRequest(attempt_no="T1", product_id="25@10", account="+8613800138000")
    try:
        outcome, _ = drive(connector.submit(request, context()), [answer])
    except (ProtocolError, UpstreamRefused):
        return AnswerKind.UNKNOWN
    kind: AnswerKind = outcome.kind  # type: ignore[attr-defined]
    return kind


@pytest.mark.parametrize(
    ("platform", "status", "said", "to_a_query", "to_a_submit"),
    ROWS,
    ids=[f"{platform}-{status}-{said}" for platform, status, said, _, _ in ROWS],
)
def test_what_every_refusal_proves(
    platform: str, status: int, said: str, to_a_query: AnswerKind, to_a_submit: AnswerKind
) -> None:
    """Only the one about the order says that it is not there; only the documented ones refuse.

    Seen red with `不存在` anywhere in a text read as absence, as it was.
    """
    connector, answer = CONNECTORS[platform], refusal(platform, said, status=status)
    assert (asked(connector, answer), submitted(connector, answer)) == (to_a_query, to_a_submit)


def test_every_connector_is_in_the_table() -> None:
    """A connector in the registry has rows, and at most one text or code of absence."""
    assert {platform for platform, *_ in ROWS} == set(registry.names())
    absent = [platform for platform, _, _, to_a_query, _ in ROWS if to_a_query is GONE]
    assert len(absent) == len(set(absent))


def _about_us() -> Iterator[str]:
    """Texts that hold the words of absence and speak of something else than the order."""
    for subject in (
        "用户", "应用", "商户", "密钥", "签名", "IP", "接口", "账户", "余额", "商品", "产品",
        "渠道", "代理", "下单用户", "订单用户", "订单商品", "订单接口", "订单服务",
        "user", "app_key", "merchant", "order user",
    ):  # fmt: skip
        for absence in ("不存在", "未找到", "没有找到", "查无", " not found", " does not exist"):
            yield f"{subject}{absence}"
            yield f"{absence.strip()}{subject}"
    yield from (
        "不存在",
        "未找到",
        "not found",
        "no such",
        "订单T9不存在",
        "订单不存在或用户不存在",
    )


@pytest.mark.parametrize("platform", registry.names())
def test_what_is_about_us_is_never_absence(platform: str) -> None:
    """Whatever is not there, as long as it is not the order: UNKNOWN, at every platform."""
    connector = CONNECTORS[platform]
    for text in _about_us():
        code = {"dtone": "1000404", "dingconnect": "NotFound", "reloadly": "NOT_FOUND"}
        said = f"{code[platform]} {text}" if platform in code else f"400 {text}"
        for status in (200, 400, 404, 500):
            assert asked(connector, refusal(platform, said, status=status)) is not GONE, said


@given(before=st.text(max_size=4), after=st.text(max_size=4))
def test_a_sentence_with_more_in_it_is_another_sentence(before: str, after: str) -> None:
    """The words of absence with anything else around them say nothing; points and blanks may."""
    text = f"{before}订单不存在{after}"
    words = [part for part in (before, after) if any(char.isalnum() for char in part)]
    if words:
        known = {"该", "此", "本", "外部", "商户", "客户", "平台", "第三方", "您的", "相关", "对应"}
        assert not denies_order(text, "T1") or set(words) <= known


@pytest.mark.parametrize(
    "text",
    [
        "订单不存在", "该订单不存在！", "外部订单号不存在", "商户订单T1不存在", "T1不存在",
        "订单号【T1】不存在", "未找到该订单", "查无此订单", "没有找到订单", "订单信息未找到",
        "无此订单。", "外部单号不存在",
        "Order not found", "order T1 not found", "No such order", "The order does not exist.",
    ],
)  # fmt: skip
def test_ways_to_say_that_an_order_is_not_there(text: str) -> None:
    """Whole sentences about the order, or about our number."""
    assert denies_order(text, "T1")
    assert text.isascii() or asked(CONNECTORS["fulu"], refusal("fulu", f"2110 {text}")) is GONE


@pytest.mark.parametrize(
    "text",
    [
        "无订单号", "没有订单编号", "没有商户单号！", "无外部订单号", "缺少订单号", "订单号为空",
        "order number is missing", "Order ID missing", "order_no is required", "order missing",
    ],
)  # fmt: skip
def test_a_number_that_our_request_lacks_is_no_order_that_is_not_there(text: str) -> None:
    """It speaks of what we sent: a request of ours that went wrong proves nothing."""
    assert not denies_order(text, "T1")
    assert denies_order("无此订单号", "T1")
    assert denies_order("没有该单号", "T1")
    assert asked(CONNECTORS["kasushou"], refusal("kasushou", f"400 {text}")) is NO_NEWS


@pytest.mark.parametrize(
    ("platform", "body"),
    [
        ("fulu", {"code": 0, "message": "", "result": "[1]", "sign": ""}),
        ("kasushou", {"code": 200, "msg": "ok", "data": None}),
        ("kasushou", {"code": 200, "msg": "ok"}),
        ("kasushou", {"code": 200, "msg": "ok", "data": [None]}),
        ("dayuanren", {"errno": 0, "errmsg": "ok", "data": None}),
        ("dayuanren", {"errno": 0, "errmsg": "ok"}),
        ("dayuanren", {"errno": 0, "errmsg": "ok", "data": ["T1"]}),
        ("dtone", [None]),
        ("reloadly", {"content": [None]}),
        ("reloadly", {"message": "maintenance"}),
        ("dingconnect", {"ResultCode": 1, "ErrorCodes": [], "Items": [None]}),
        ("dingconnect", {"ResultCode": 1, "ErrorCodes": [], "Items": None}),
        ("dingconnect", {"ResultCode": 2, "ErrorCodes": [], "Items": []}),
    ],
)
def test_an_answer_without_a_list_is_no_empty_list(platform: str, body: object) -> None:
    """ "None" is said by a list that is empty, not by something that is no list."""
    assert asked(CONNECTORS[platform], ok(body)) is NO_NEWS


@pytest.mark.parametrize(
    ("platform", "body"),
    [
        ("fulu", {"code": 0, "message": "", "result": "", "sign": ""}),
        ("kasushou", {"code": 200, "msg": "ok", "data": []}),
        ("dayuanren", {"errno": 0, "errmsg": "ok", "data": []}),
        ("dayuanren", {"errno": 0, "errmsg": "ok", "data": {}}),
        ("dtone", []),
        ("reloadly", {"content": []}),
        ("dingconnect", {"ResultCode": 1, "ErrorCodes": [], "Items": []}),
    ],
)
def test_an_empty_list_is_absence_unless_a_stranger_says_it(platform: str, body: object) -> None:
    """The platform's own "none"; the same from behind a 500, a 403 or a redirect is no news."""
    assert asked(CONNECTORS[platform], ok(body)) is GONE
    for status in (302, 403, 500, 502, 503):
        assert asked(CONNECTORS[platform], ok(body, status=status)) is NO_NEWS
