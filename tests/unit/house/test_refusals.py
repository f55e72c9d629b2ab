"""Use cases refuse with facts; each face has a sentence for every refusal."""

import ast
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from gateway.features import FEATURES
from gateway.ground.command.failures import to_failure
from gateway.ground.desk.given import members
from gateway.ground.desk.refusal import refused, wrong
from gateway.ground.desk.words import WORDS, Sentences, in_words, sentences
from gateway.ground.feature import PACKAGE, Feature
from gateway.nouns import DECLARED

# What only the command line has: reading its options, sending a partner's requests.
OF_THE_COMMAND_LINE = {
    "audit/anchors_option.py", "partners/raw_request.py", "partners/signed_client.py",
}  # fmt: skip
COUNTED = {"refused": 2, "wrong": 1}  # how many arguments say what is refused, before the field


@dataclass(frozen=True)
class Refusal:
    """A place in the program that refuses."""

    where: str
    feature: str
    why: str
    field: str | None
    facts: frozenset[str] | None  # None: given as a mapping


def modules(feature: Feature) -> Iterator[Path]:
    """The files of a feature that several faces use."""
    for path in sorted((PACKAGE / feature.name).glob("*.py")):
        own = f"{feature.name}/{path.name}"
        if "command" not in path.stem and own not in OF_THE_COMMAND_LINE:
            yield path


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a plain name in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


def refusals(feature: Feature) -> Iterator[Refusal]:
    """What its use cases refuse, by the `why` that names the sentence."""
    for path in modules(feature):
        for name, call in calls(path):
            if name not in COUNTED:
                continue
            why = call.args[COUNTED[name] - 1]
            assert isinstance(why, ast.Constant), f"{path}: the why of a refusal is written out"
            field = call.args[COUNTED[name]] if len(call.args) > COUNTED[name] else None
            names = [keyword.arg for keyword in call.keywords]
            yield Refusal(
                where=f"{feature.name}/{path.name}:{call.lineno}",
                feature=feature.name,
                why=str(why.value),
                field=str(field.value) if isinstance(field, ast.Constant) else None,
                facts=None if None in names else frozenset(str(name) for name in names),
            )


def words_of(feature: Feature) -> Sentences:
    """Its sentences at the command line."""
    if feature.words is None:
        return {}
    found: Sentences = import_module(f"gateway.{feature.name}.{feature.words}").WORDS
    return found


def placeholders(sentence: str) -> set[str]:
    """The facts a sentence has in it."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_no_use_case_raises_a_sentence(feature: Feature) -> None:
    """What stands in the way is (code, why, field, facts): `refused` and `wrong` of ground/desk,
    and its sentence a row of the feature's words.py. Seen red with one sentence in webhooks.
    """
    bare = {
        f"{feature.name}/{path.name}:{call.lineno}"
        for path in modules(feature)
        for name, call in calls(path)
        if name == "RefusedError"
        or (name == "invalid" and not path.name.startswith("http") and path.stem != "wire")
    }
    assert bare == set()


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_refusal_has_its_sentence(feature: Feature) -> None:
    """One for each `why`, with no fact in it that is not given, and none for nothing.

    Seen red without the row `no-order`, and with `{orders}` in it.
    """
    words, found = words_of(feature), list(refusals(feature))
    assert {one.why for one in found} == set(words)
    for one in found:
        sentence = words[one.why]
        if one.facts is not None:
            assert placeholders(sentence) <= one.facts | {"field"}, one.where


def test_a_field_is_a_member() -> None:
    """Of something that operators are asked with; a face can show the refusal beside it.

    Seen red with `overlap_s` for `overlap`.
    """
    known = {member.name for one in DECLARED for member in members(one.given)} | {"file"}
    for feature in FEATURES:
        for one in refusals(feature):
            assert one.field is None or one.field in known, one.where


def test_a_why_is_one_feature_s() -> None:
    """No two features have a sentence under the same name: one would take the other's place."""
    every = [why for feature in FEATURES for why in words_of(feature)] + list(WORDS)
    assert len(set(every)) == len(every)
    assert set(every) == set(sentences())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            wrong("top-up-without-route", "route"),
            "a top-up needs --route UPSTREAM:PRODUCT_ID; `quangate upstream list` helps",
        ),
        (
            refused("not-found", "no-order", "order_no", order_no="7"),
            "there is no order 7; try `quangate order list`",
        ),
        (
            refused(
                "not-resolvable", "nothing-to-decide", "as", state="failed", value="reversed"
            ),
            "the order is failed, so it cannot be resolved as reversed: nothing is to be decided",
        ),
    ],
)  # fmt: skip
def test_a_face_makes_the_sentence(error: Any, said: str) -> None:
    """The command line says it in its words, a program gets code, field and facts."""
    assert in_words(error) == said
    failure = to_failure(error)
    assert (failure.code, failure.detail) == (error.code, said)
    assert failure.exit_code == (2 if error.code == "invalid-argument" else 1)


def test_a_field_is_called_as_it_is_typed() -> None:
    """`AMOUNT` where it is an argument, an option elsewhere; facts keep the member's name."""
    typed: Mapping[str, str] = {"account_rule": "RULE"}
    error = wrong("rule-of-codes", "account_rule", kind="code")
    assert in_words(error, typed) == "RULE is for top-ups, not for kind code"
    assert in_words(error).startswith("--account-rule is for")
    assert error.field == "account_rule"
