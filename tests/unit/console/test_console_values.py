"""Values on pages and in files: formulas, markup, fields of forms, languages."""

import re
from datetime import UTC, datetime

import pytest

from gateway.cases.rules import CaseKind, CaseState
from gateway.ground.desk.action import Action
from gateway.ground.desk.all_declared import all_declared
from gateway.ground.desk.given import members
from gateway.ground.desk.html.address import Addresses, path_of
from gateway.ground.desk.html.cells import Showing
from gateway.ground.desk.html.csv_file import as_csv, field
from gateway.ground.desk.html.fields import fields_of, said_of
from gateway.ground.desk.html.pages import environment, inline
from gateway.ground.desk.html.wording import Wording, choose, plural
from gateway.ground.desk.view import Column
from gateway.nouns import DECLARED


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("=1+1", "'=1+1"),
        ("+86 138", "'+86 138"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
        ("＝1", "'＝1"),
        ("A=1", "A=1"),
        (-5, "-5"),
        (None, ""),
        (True, "true"),
        (["=a", "b"], "'=a b"),
        (datetime(2026, 12, 1, tzinfo=UTC), "2026-12-01T00:00:00Z"),
    ],
    ids=repr,
)
def test_a_file_has_no_formulas(value: object, told: str) -> None:
    """What a buyer wrote is never run by a spreadsheet; numbers stay numbers.

    Seen red without the quote.
    """
    assert field(value) == told


def test_a_file_is_read_by_spreadsheets() -> None:
    """UTF-8 with its mark, names of columns first, quotes doubled."""
    assert as_csv(["a", "b"], [{"a": '会"员', "b": 1}], head=True) == '\ufeffa,b\r\n"会""员",1\r\n'


def test_markup_is_shown_not_run() -> None:
    """Whatever stands in a cell, a label or a sentence. Seen red with autoescape=False."""
    made = environment().from_string("{{ a }}{{ b | inline }}")
    said = made.render(a="<script>1</script>", b="<b> `<i>`")
    assert said == "&lt;script&gt;1&lt;/script&gt;&lt;b&gt; <code>&lt;i&gt;</code>"
    assert inline("a `b` c") == "a <code>b</code> c"


def test_every_template_escapes() -> None:
    """No page says that something is safe, or turns escaping off."""
    from gateway.ground.feature import PACKAGE

    texts = [p.read_text(encoding="utf-8") for p in PACKAGE.rglob("templates/*.html")]
    assert len(texts) > 8
    inline_code = re.compile(r"\|\s*safe|autoescape|<style|<[^>]* (style|on\w+)=|javascript:")
    assert [text for text in texts if inline_code.search(text)] == []


@pytest.mark.parametrize(
    ("asked", "cookie", "accepts", "language"),
    [
        (None, None, None, "en"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, None, "fr,zh;q=0.2", "zh"),
        (None, None, "zh;q=0", "en"),
        (None, "zh", "en", "zh"),
        ("en", "zh", "zh", "en"),
        ("xx", "yy", "zh", "zh"),
        (None, None, "zh;q=x,,;;", "en"),
    ],
    ids=str,
)
def test_which_language(
    asked: str | None, cookie: str | None, accepts: str | None, language: str
) -> None:
    """What was asked for, what was chosen before, what the browser likes most."""
    assert choose(asked, cookie, accepts) == language


def test_plurals() -> None:
    """Of the nouns there are."""
    words = ("Category", "Batch", "Shelf", "API key", "Codes", "SKU", "Entry", "Hold")
    assert [plural(word) for word in words] == [
        "Categories", "Batches", "Shelves", "API keys", "Codes", "SKUs", "Entries", "Holds",
    ]  # fmt: skip


def action(name: str) -> Action:
    """By its name."""
    (found,) = (one for one in DECLARED if isinstance(one, Action) and one.name == name)
    return found


def test_what_was_typed_is_what_the_api_takes() -> None:
    """Texts become numbers, flags, lists and mappings; what is empty was not said."""
    typed = {
        "sku": ["VIP"], "name": [" 月卡 "], "kind": ["code"], "price": ["1990"], "pool": [""],
        "allow_zero": ["true"], "tag": ["a\r\nb\n\n"], "reason": ["because"], "odd": ["1"],
    }  # fmt: skip
    assert said_of(action("sku.create"), (), typed) == {
        "sku": "VIP", "name": "月卡", "kind": "code", "price": 1990, "allow_zero": True,
        "tag": ["a", "b"], "reason": "because", "odd": "1",
    }  # fmt: skip
    said = said_of(action("upstream.add"), (), {"set": ["a=1\nb=x=y"], "http2": ["false"]})
    assert said == {"set": {"a": "1", "b": "x=y"}, "http2": False}
    assert said_of(action("upstream.add"), (), {"set": ["nothing"]}) == {"set": "nothing"}


@pytest.mark.parametrize(
    ("language", "unit", "no_amount", "wanted"),
    [
        ("en", "1250 is 12.50", "1250 for 12.50", "It is wanted."),
        ("zh", "1250 即 12.50", "12.50 请填 1250", "必填。"),
    ],
)
def test_money_says_its_unit(language: str, unit: str, no_amount: str, wanted: str) -> None:
    """Beside the field, and where something else was typed; in both languages.

    Seen red: "Expected `int`, got `str`", "Object missing required field `reference`".
    """
    deposit = action("account.deposit")
    errors = {
        "amount": "Expected `int`, got `str`",
        "reference": "Object missing required field `reference`",
    }
    fields = {f.name: f for f in fields_of(deposit, (), Wording(language), {}, errors)}
    assert unit in fields["amount"].unit
    assert fields["reference"].unit == ""
    assert no_amount in str(fields["amount"].error)
    assert fields["reference"].error == wanted
    plain = fields_of(
        action("codes.generate"), (), Wording("en"), {}, {"count": "Expected `int` >= 1"}
    )
    assert {f.error for f in plain} == {None, "It must be 1 or more."}


def test_secrets_are_not_shown_again() -> None:
    """A form that was refused has what was typed, but for what is secret."""
    typed = {"set": ["secret=abc"], "base_url": ["http://x"]}
    fields = {f.name: f for f in fields_of(action("upstream.add"), (), Wording("en"), typed, {})}
    assert (fields["set"].value, fields["base_url"].value) == ("", "http://x")


def test_every_form_has_a_field_for_each_member() -> None:
    """And one for why."""
    for one in DECLARED:
        if isinstance(one, Action):
            names = {f.name for f in fields_of(one, (), Wording("en"), {}, {})}
            taken = {
                m.name
                for m in members(one.given)
                if not m.extra.get("typed_only") and not m.extra.get("upload")
            }
            assert names == taken | {"reason"}


def test_no_two_things_have_one_path() -> None:
    """Of forms and pages; a list and its page of one noun are told apart."""
    for kind in ("Action", "other"):
        paths = [path_of(d) for d in all_declared() if isinstance(d, Action) == (kind == "Action")]
        assert len(paths) == len(set(paths))


def test_ids_lead_where_they_belong() -> None:
    """To what one may see, and nowhere for whoever may not."""
    addresses = Addresses(all_declared())
    may = frozenset({"partners:read", "operators:read", "orders:read"})
    assert addresses.of_member("partner", "acme", may) == "/console/partners/acme"
    assert addresses.of_member("made_by", "ann", may) == "/console/operators/ann"
    assert addresses.of_member("made_by", "os:root@host", may) is None
    assert addresses.of_member("partner", "acme", frozenset()) is None
    assert addresses.of_noun("order", 17, may) == "/console/orders/17"
    assert addresses.of_member("partner", "../x?y", may) == "/console/partners/..%2Fx%3Fy"


def test_cases_are_shown_in_chinese() -> None:
    """Their states and kinds, in a list and where one is shown; every one has a word.

    Seen red without the words, and with kinds as the program writes them.
    """
    showing = Showing(Wording("zh"), Addresses(()), frozenset())
    told = {
        name: [showing.cell(name, str(each)).text for each in kinds]
        for name, kinds in (("state", CaseState), ("kind", CaseKind))
    }
    assert (told["state"][0], told["kind"][0], told["kind"][2]) == ("待处理", "换码", "退款")
    assert [text for texts in told.values() for text in texts if text.isascii()] == []
    column = Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(CaseKind))
    assert showing.cell("kind", "refund", column=column).text == "退款"


def test_values_are_shown_by_what_they_are() -> None:
    """Money with its decimals and currency, times in UTC, nothing as a dash."""
    showing = Showing(Wording("zh"), Addresses(()), frozenset())
    pairs = showing.pairs(
        {"balance": 199000, "currency": "CNY", "at": datetime(2026, 12, 1, tzinfo=UTC), "x": None,
         "rows": [{"a": 1}], "version": "3"}
    )  # fmt: skip
    assert [cell.text for _, cell in pairs] == ["1,990.00 CNY", "CNY", "2026-12-01 00:00:00Z", "—"]
    (table,) = showing.tables({"rows": [{"a": 1}, {"b": None}], "empty": []})
    assert [[c.text for c in row] for row in table.rows] == [["1", "—"], ["—", "—"]]


def test_what_was_told_is_shown_in_chinese() -> None:
    """What a setting is for, an alert's detail, what the doctor advises, why a file was refused.

    Seen red with the cells' members left out, and with a refusal's detail as it came.
    """
    showing = Showing(Wording("zh"), Addresses(()), frozenset())
    told = {
        "doc": ("The longest.", "最长时长。"),
        "unit": ("cases", "个售后单"),
        "detail": ("3 codes are left, 10 is its mark", "剩 3 个卡密，低库存线为 10"),
        "fix": ("quangate backup TO, every night", "每晚执行 quangate backup TO"),
        "why": ("Bad URL", "链接无效"),
        "subject": ("up to date", "up to date"),  # a name is nobody's sentence
    }
    for name, (english, chinese) in told.items():
        assert showing.cell(name, english).text == chinese
    refusal = {"code": "unreadable-file", "detail": "this is a PDF, not a code file"}
    assert showing.cell("error", refusal).text == "这是PDF，不是卡密文件"
    assert "没有问题" in environment().from_string("{{ t.told(x) | inline }}").render(
        t=Wording("zh"), x="nothing is wrong"
    )
