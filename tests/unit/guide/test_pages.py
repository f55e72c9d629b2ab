"""Pages for people: the same in both languages, whole, and nothing in them that is not so."""

import html
import json
import re

import pytest

from gateway.ground.http.openapi import document
from gateway.ground.http.problems import DESK_KINDS, KINDS
from gateway.guide.advice import FAILURES, MESSAGES, PROBLEMS
from gateway.guide.pages import READERS, language_of, page
from gateway.guide.words import CHINESE, FIELDS, meaning
from gateway.orders.failure import FailureCode
from gateway.routes import SPOKEN
from gateway.sandbox.goods import GOODS
from gateway.sandbox.rules import BEHAVIOURS

DOCUMENT = document(SPOKEN)
EXAMPLES = re.compile(
    r'<pre data-example="(\w+)" data-needs="([^"]*)"><code class="language-(\w+)">(.*?)</code>',
    re.DOTALL,
)


def shown(reader: str, language: str) -> str:
    """A page."""
    return page(reader, language, DOCUMENT).decode()


@pytest.mark.parametrize("reader", READERS)
def test_both_languages_have_the_same_anchors_and_examples(reader: str) -> None:
    """None twice, every link inside leads somewhere, and each links to the other."""
    found = {}
    for language, other in (("en", "zh"), ("zh", "en")):
        text = shown(reader, language)
        anchors = re.findall(r' id="([^"]+)"', text)
        assert len(anchors) == len(set(anchors))
        assert set(re.findall(r'href="#([^"]+)"', text)) <= set(anchors)
        assert f"?lang={other}" in text
        assert f'<html lang="{language}">' in text
        found[language] = (anchors, EXAMPLES.findall(text))
    assert found["en"] == found["zh"]


def test_each_example_is_in_every_language() -> None:
    """Webhook alone has none in sh."""
    languages: dict[str, set[str]] = {}
    for name, _, language, _ in EXAMPLES.findall(shown("partner", "en")):
        languages.setdefault(name, set()).add(language)
    every = {"sh", "python", "typescript", "go", "java", "php", "csharp"}
    assert languages == {"quickstart": every, "signing": every, "webhook": every - {"sh"}}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("reader", READERS)
def test_every_sample_of_json_parses(reader: str, language: str) -> None:
    """And nothing that was to be filled in is left."""
    text = shown(reader, language)
    for sample in re.findall(r'<code class="language-json">(.*?)</code>', text, re.DOTALL):
        json.loads(html.unescape(sample))
    prose = re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)
    assert "{{" not in prose
    assert "%%" not in prose


def test_everything_that_can_be_told_has_its_row() -> None:
    """Problems, failures, messages: one by one, on both pages."""
    assert set(PROBLEMS) == set(KINDS) - DESK_KINDS
    assert set(FAILURES) == set(FailureCode)
    assert set(MESSAGES) == set(SPOKEN.messages)
    for language in ("en", "zh"):
        text = shown("partner", language)
        for code in PROBLEMS:
            assert f'id="problem-{code}"' in text
        for code in FAILURES:
            assert f'id="failure-{code}"' in text


def test_the_sandbox_is_told_whole() -> None:
    """Every SKU and every three digits."""
    for language in ("en", "zh"):
        text = shown("partner", language)
        for word in (*GOODS, *BEHAVIOURS):
            assert f"<td><code>{word}</code></td>" in text, word


def test_every_member_of_the_api_is_described_in_both_languages() -> None:
    """None is without its row, and none is left over."""
    members = {
        (name, member)
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for member in schema.get("properties", {})
    }
    for language in ("en", "zh"):
        assert not {each for each in members if not meaning(*each, language)}
    names = {member for _, member in members} | {f"{name}.{member}" for name, member in members}
    assert set(FIELDS) - names == set()


def test_the_reference_is_said_in_chinese() -> None:
    """Each sentence of the document that the page shows, whatever says it."""
    said = set()
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            said |= {operation["summary"], *operation.get("description", "").split("\n\n")}
            said |= {each["description"] for each in operation.get("parameters", ())}
    for schema in DOCUMENT["components"]["schemas"].values():
        said |= set(schema.get("description", "").split("\n\n"))
    missing = {" ".join(each.split()) for each in said if each.strip()} - set(CHINESE)
    assert missing == set()


def test_the_language_is_what_is_asked_for_or_liked_best() -> None:
    """`lang` overrides; what is no language of ours is as good as none."""
    assert language_of("zh-CN,zh;q=0.9,en;q=0.8", None) == "zh"
    assert language_of("en-GB,en;q=0.9,zh;q=0.5", None) == "en"
    assert language_of("zh-TW;q=0.4, fr", None) == "zh"
    assert language_of("zh;q=0, en;q=0.1", None) == "en"
    assert language_of("", None) == "en"
    assert language_of("*;q=nonsense,,;;", None) == "en"
    assert language_of("zh", "en") == "en"
    assert language_of("en", "zh") == "zh"
    assert language_of("zh", "fr") == "zh"
