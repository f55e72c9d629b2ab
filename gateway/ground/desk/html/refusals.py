"""Refusals of the desk in the words of the console: the command line's, without its options."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from gateway.ground.desk.html.wording import ENGLISH, Wording
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.rest.refusals import Say
from gateway.ground.desk.words import in_words, sentences

# (code, a fact that tells refusals of a code apart): what to say.
SAID_PLAINLY: Final[Mapping[tuple[str, str], str]] = {
    ("not-found", "noun"): "There is no {noun} {name}.",
    ("already-exists", "noun"): "The name {name} is taken.",
    ("invalid-argument", "noun"): "{name} is no name: 1 to 64 of A-Z a-z 0-9 . _ -",
    ("invalid-argument", "least"): "It must be {least} to {most}.",
    ("invalid-argument", "longest"): "It needs {shortest} to {longest} characters.",
    ("invalid-argument", "form"): "It is not as it must be: {form}",
}

# Facts that are words of ours, as lists show them: they are in the reader's language, too.
CALLED: Final = ("kind", "outcome", "state")


def saying(words: Wording) -> Say:
    """What puts a refusal into somebody's words."""
    return partial(_say, words)


def _say(words: Wording, refusal: DeskRefusedError, typed: Mapping[str, str]) -> str:
    labels = {name: words.member(name) for name in typed}
    if refusal.why is None:
        for (code, fact), sentence in SAID_PLAINLY.items():
            if code == refusal.code and fact in refusal.facts:
                noun = words.noun(str(refusal.facts.get("noun", "")))
                return words(sentence, **{**refusal.facts, "noun": noun})
        return in_words(refusal, labels)
    said = sentences().get(refusal.why)
    if words.language == ENGLISH or said is None:
        return in_words(refusal, labels)
    facts = {**refusal.facts, "field": labels.get(refusal.field or "", refusal.field or "")}
    facts |= {name: words(str(facts[name])) for name in CALLED if name in facts}
    return words(said, **facts)
