"""The console's catalogue of messages (ground/desk/html/zh.po) has everything that it says."""

import ast
import re
import string
from collections.abc import Iterator
from enum import Enum

from gateway.features import FEATURES
from gateway.ground.desk.action import Action
from gateway.ground.desk.all_declared import portal_declared
from gateway.ground.desk.given import members
from gateway.ground.desk.html.cells import SHOWN_AS_WORDS
from gateway.ground.desk.html.refusals import SAID_PLAINLY
from gateway.ground.desk.html.wording import CATALOGUE, TOLD, Wording, catalogue, human
from gateway.ground.desk.words import sentences
from gateway.ground.feature import PACKAGE
from gateway.ground.http.problems import KINDS
from gateway.nouns import DECLARED, VIEWS
from tests.unit.desk.told import all_told

SAYING = re.compile(r"""\bt\(\s*(?:"([^"]+)"|'([^']+)')""")
WITH_PAGES = [feature.name for feature in FEATURES if feature.pages]
SAYS = frozenset({"words", "_words", "t"})


def of_templates() -> Iterator[str]:
    """What pages say themselves."""
    for path in sorted(PACKAGE.rglob("templates/*.html")):
        for found in SAYING.findall(path.read_text(encoding="utf-8")):
            yield found[0] or found[1]


def of_sources() -> Iterator[str]:
    """What `words("…")` says in Python, and constants that are named SAID_…"""
    for folder in ("ground/desk/html", "sessions", *WITH_PAGES):
        for path in sorted((PACKAGE / folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _name(node.func) in SAYS and node.args:
                    yield from _texts(node.args[0])
                elif isinstance(node, ast.AnnAssign) and _name(node.target).startswith("SAID_"):
                    assert node.value is not None
                    yield from _texts(node.value)


def _name(node: ast.expr) -> str:
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _texts(node: ast.expr) -> Iterator[str]:
    branches = (
        (node.body, node.orelse) if isinstance(node, ast.IfExp)
        else node.elts if isinstance(node, ast.Tuple)
        else (node,)
    )  # fmt: skip
    for one in branches:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def of_declared() -> Iterator[str]:
    """What is declared says of itself: verbs, members, what they are for, how it is undone."""
    for one in (*DECLARED, *portal_declared()):
        yield one.doc.split("\n\n")[0]
        if isinstance(one, Action):
            yield human(one.verb)
            yield one.undo
            yield from map(human, one.shows)
        for member in members(one.given):
            if member.extra.get("typed_only") or member.extra.get("upload"):
                continue
            yield human(member.name)
            yield from [member.help] if member.help else ()
            if issubclass(member.kind, Enum):
                yield from (human(str(each.value)) for each in member.kind)


def of_refusals() -> Iterator[str]:
    """Why something is refused: the sentences of every feature's words.py."""
    yield from SAID_PLAINLY.values()
    yield from sentences().values()


def of_values() -> Iterator[str]:
    """What lists show as words of ours: states, levels, kinds of alerts, cases, notifiers …"""
    for view in VIEWS:
        for column in view.columns:
            if column.name in SHOWN_AS_WORDS and column.values is not None:
                yield from column.values() if callable(column.values) else column.values


def test_everything_is_there_in_chinese() -> None:
    """What is missing is listed here: a line each in zh.po.

    Seen red with a line taken out, and with the 200 that were missing when refusals and values were
    looked at first; and with one of what is told beside the pages: settings, details of alerts,
    what audit and doctor say, why a file is not imported, what its lines came to (told.py).
    """
    said = [*of_templates(), *of_sources(), *of_declared()]
    said += [*of_refusals(), *of_values()]
    said += [kind.title for kind in KINDS.values()]
    said += all_told()
    assert len(said) > 500
    assert [text for text in dict.fromkeys(said) if text not in catalogue()] == []


def test_facts_stay_in_their_place() -> None:
    """A translation has the facts in braces that the English has, and no other."""

    def facts(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    with_facts = {e: c for e, c in catalogue().items() if re.search(r"\{\w+\}", e)}
    assert with_facts
    assert {e: c for e, c in with_facts.items() if facts(e) != facts(c)} == {}
    for path in (CATALOGUE, TOLD):
        assert path.read_text(encoding="utf-8").count("#, fuzzy") == 0


def test_what_was_told_is_read_back() -> None:
    """Each sentence, with facts in it, is found as itself: no other one takes it for its own.

    Seen red with the sentences in the order of the catalogue.
    """
    words, told = Wording("zh"), dict.fromkeys(all_told())

    def filled(text: str) -> str:
        parts = string.Formatter().parse(text)
        return "".join(said + ("" if name is None else f"f-{name}") for said, name, _, _ in parts)

    found = {text: words.told(filled(text)) for text in told}
    assert {t: said for t, said in found.items() if said != filled(catalogue()[t])} == {}


def test_what_is_read_back_has_more_in_it() -> None:
    """Sentences within facts, several of them, names that hold anything; and what nobody said."""
    words = Wording("zh")
    whole = "order 7 is failed, but its attempts are: 1 sent; order 8 delivered 2 but lists 1 codes"
    found = words.told(f"the audit of 2026-11-11T00:00:00Z found: {whole}; and 3 more")
    assert found == (
        "2026-11-11T00:00:00Z 的审计发现：订单 7 为 failed，但其尝试为：1 sent；"
        "订单 8 交付了 2 个，但列有 1 个卡密；另有 3 项"
    )
    low = "12 codes are left, 1.5 days at 8.0 a day: quangate codes import"
    assert words.told(low) == "剩 12 个卡密，按每天 8.0 个可售 1.5 天：quangate codes import"
    assert Wording("en").told(low) == low
    assert words.told("nobody has ever said {this}") == "nobody has ever said {this}"
