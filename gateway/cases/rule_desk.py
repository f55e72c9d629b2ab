"""Rules of cases: what is approved or refused without a person."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, field

from gateway.cases import administer_rules as rules
from gateway.cases.rule_administration import SQL
from gateway.cases.rules import CaseKind, Do
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName
from gateway.ground.desk.port import AMOUNT_MAX, At
from gateway.ground.desk.view import Column, Page, SortKey, View

RULE: Final = Noun(name="rule", plural="case-rules", zh="售后规则", en="Case rule", under="case")
TRACE: Final = Trace(
    name="rule",
    table="case_rule",
    statement=SQL.trace_rule,
    key=lambda given, _: (given.rule,),
)
AGE_MAX: Final = 10 * 365 * 86_400
Age: TypeAlias = Annotated[int, Meta(ge=0, le=AGE_MAX)] | None
Money: TypeAlias = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)] | None
Percent: TypeAlias = Annotated[int, Meta(ge=0, le=100)] | None


Name: TypeAlias = Annotated[
    str, Meta(description="A rule's name.", extra={"argument": True, "metavar": "NAME"})
]


def _help(text: str, metavar: str) -> Any:
    return Meta(description=text, extra={"metavar": metavar})


class NewRule(Given, frozen=True, kw_only=True):
    """A rule that is to be. All that it says has to fit."""

    rule: NewName
    does: Annotated[Do, Meta(description="approve or refuse.")] = field(name="do")
    kind: Annotated[
        CaseKind | None,
        Meta(description="Only reissue, recipient, refund, upstream or question."),
    ] = None
    sku: Annotated[str | None, Meta(description="Only orders of this SKU.")] = None
    min_age: Annotated[Age, _help("Only orders so old, or older.", "SECONDS")] = None
    max_age: Annotated[Age, _help("Only orders so old, or younger.", "SECONDS")] = None
    min_amount: Annotated[
        Money, _help("Only so much at stake, or more; minor units.", "AMOUNT")
    ] = None
    max_amount: Annotated[
        Money, _help("Only so much at stake, or less; minor units.", "AMOUNT")
    ] = None
    min_share: Annotated[
        Percent,
        _help("Only where so many of the partner's orders have a case, or more.", "PERCENT"),
    ] = None
    max_share: Annotated[
        Percent,
        _help("Only where so many of the partner's orders have a case, or less.", "PERCENT"),
    ] = None
    shadow: Annotated[bool, Meta(description="Only say what it would do.")] = False


class OneRule(Given, frozen=True, kw_only=True):
    """A rule."""

    rule: Name


class Changed(Given, frozen=True, kw_only=True):
    """What is to be otherwise of a rule."""

    rule: Name
    shadow: Annotated[bool | None, Meta(description="Only say what it would do.")] = None
    enabled: Annotated[bool | None, Meta(description="Whether it is tried at all.")] = None


class Rules(Given, frozen=True, kw_only=True):
    """All of them."""


async def _create(at: At, given: NewRule, _: Change) -> Mapping[str, Any]:
    return await rules.create_rule(
        at.db,
        rules.NewCaseRule(
            name=given.rule,
            does=given.does,
            kind=given.kind,
            sku=given.sku,
            min_age=given.min_age,
            max_age=given.max_age,
            min_amount=given.min_amount,
            max_amount=given.max_amount,
            min_share=given.min_share,
            max_share=given.max_share,
            shadow=given.shadow,
        ),
    )


async def _change(at: At, given: Changed, _: Change) -> Mapping[str, Any]:
    return await rules.change_rule(at.db, given.rule, shadow=given.shadow, enabled=given.enabled)


async def _show(at: At, given: OneRule) -> Mapping[str, Any]:
    return await rules.show_rule(at.db, given.rule)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=RULE,
        verb="list",
        doc="The rules, in the order they are tried: the first that fits decides.",
        given=Rules,
        example="quangate case rule list",
        permission="case-rules:read",
        columns=(
            Column(name="rule", kind="id", zh="规则", en="Rule"),
            Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(CaseKind)),
            Column(name="sku", kind="id", zh="商品", en="SKU"),
            Column(name="min_age", kind="seconds", zh="最短时长", en="Youngest"),
            Column(name="max_age", kind="seconds", zh="最长时长", en="Oldest"),
            Column(name="min_amount", kind="money", zh="最小金额", en="At least"),
            Column(name="max_amount", kind="money", zh="最大金额", en="At most"),
            Column(name="min_share", kind="number", zh="最小占比", en="Least share", unit="%"),
            Column(name="max_share", kind="number", zh="最大占比", en="Largest share", unit="%"),
            Column(name="do", kind="text", zh="处理", en="Does"),
            Column(name="shadow", kind="flag", zh="试运行", en="Shadow"),
            Column(name="enabled", kind="flag", zh="启用", en="Enabled"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(name="updated_at", kind="time", zh="更新时间", en="Updated"),
        ),
        sort=(SortKey(columns=("id",), index="case_rule_pkey"),),
        statement=SQL.list_rules,
        rows=lambda at, _: SQL.list_rules.all(at.db, None),
        rows_as="case_rules",
    ),
    Page(
        noun=RULE,
        verb="show",
        doc="One rule.",
        given=OneRule,
        example="quangate case rule show small",
        permission="case-rules:read",
        read=_show,
    ),
    Action(
        noun=RULE,
        verb="create",
        doc="Make a rule that approves or refuses cases by itself.\n\nRules are tried in the order"
        " they were made, and the first that fits decides; one in shadow only says so in the case."
        " None approves what wants a second person.",
        given=NewRule,
        example="quangate case rule create small --kind refund --max-amount 500 --do approve"
        " --shadow",
        permission="case-rules:create",
        run=_create,
        undo="`quangate case rule change NAME …`, which switches it off.",
        subject=lambda given, _: given.rule,
        traces=(TRACE,),
    ),
    Action(
        noun=RULE,
        verb="change",
        doc="Let a rule decide, or only say what it would; switch it off or on.",
        given=Changed,
        example="quangate case rule change small --no-shadow",
        permission="case-rules:change",
        run=_change,
        undo="`quangate case rule change NAME …`, the other way.",
        subject=lambda given, _: given.rule,
        traces=(TRACE,),
    ),
)
