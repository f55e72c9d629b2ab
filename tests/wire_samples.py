"""Hand-kept samples of what each platform answers, and what it means for an answer to fit one.

`tests/fixtures/wire/PLATFORM.json` names, for every answer, the section of the vendor's document
that it was written from. A sample is an answer with values in it: its members and their JSON types
are the promise. Simulators must answer in exactly these, connectors must read every one.

In a sample `20` is a whole number and `20.0` any number. Paths are dotted, through lists without an
index: `data.attach.key`.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

WIRE: Final = Path(__file__).parent / "fixtures" / "wire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One answer or callback. `may_be_null`, `may_be_absent`, `may_be_empty` and `maps` (objects
    whose names are data) are paths; `patterns` are regular expressions of texts at a path.
    `made` tells how the simulator is brought to give it; None with `why`: it never does.
    """

    name: str
    section: str
    answer: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    may_be_null: frozenset[str] = frozenset()
    may_be_absent: frozenset[str] = frozenset()
    may_be_empty: frozenset[str] = frozenset()
    maps: frozenset[str] = frozenset()
    patterns: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, Any] | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a connector must read out of samples: `operation` with `request`'s members, answered by
    the samples `answers` in turn, gives `gives`.
    """

    operation: str
    answers: tuple[str, ...]
    gives: Mapping[str, Any]
    request: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the test is called."""
        return f"{self.operation}:{'+'.join(self.answers)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One platform's file."""

    platform: str
    document: str
    samples: Mapping[str, Sample]
    reads: tuple[Reading, ...]
    settings: Mapping[str, str]


@cache
def load(name: str) -> Wire:
    """Read a platform's samples; a name used twice or a path that leads nowhere is an error."""
    value = json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))
    samples: dict[str, Sample] = {}
    for sample_name, members in value["samples"].items():
        samples[sample_name] = _sample(sample_name, members, samples)
    reads = tuple(
        Reading(**{**reading, "answers": tuple(reading["answers"])})
        for reading in value.get("reads", [])
    )
    return Wire(
        platform=value["platform"],
        document=value["document"],
        samples=samples,
        reads=reads,
        settings=value.get("settings", {}),
    )


def names() -> list[str]:
    """The files there are."""
    return sorted(path.stem for path in WIRE.glob("*.json"))


def _sample(name: str, members: Mapping[str, Any], before: Mapping[str, Sample]) -> Sample:
    """A sample as written, or `like` an earlier one with members `changed` and some left out
    (`without`); `listed` puts it into a list.
    """
    sets = {"may_be_null", "may_be_absent", "may_be_empty", "maps"}
    read = {key: frozenset(value) if key in sets else value for key, value in members.items()}
    like, listed = read.pop("like", None), read.pop("listed", False)
    changed, without = read.pop("changed", {}), read.pop("without", ())
    if like is not None:
        answer = copy.deepcopy(before[like].answer)
        for path, value in changed.items():
            owner, last = _owner(answer, path)
            owner[last] = value
        for path in without:
            owner, last = _owner(answer, path)
            del owner[last]
        read["answer"] = [answer] if listed else answer
    return Sample(name=name, **read)


def _owner(answer: Any, path: str) -> tuple[dict[str, Any], str]:
    """The object that holds the member at a path; `0` leads into a list."""
    *way, last = path.split(".")
    for step in way:
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer, last


# --- comparing ------------------------------------------------------------------------------------


def differences(sample: Sample, actual: Any) -> list[str]:
    """How an answer differs from a sample in members and types; nothing if it fits."""
    return list(_differences(sample, sample.answer, actual, ""))


def _differences(sample: Sample, expected: Any, actual: Any, path: str) -> Iterator[str]:
    if actual is None:
        if expected is not None and path not in sample.may_be_null:
            yield f"{path or '.'}: null"
    elif isinstance(expected, dict) and isinstance(actual, dict):
        yield from _members(sample, expected, actual, path)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _items(sample, expected, actual, path)
    elif _kind(expected) != _kind(actual) and not _is_number(expected, actual):
        yield f"{path or '.'}: {_kind(actual)} instead of {_kind(expected)}"
    elif path in sample.patterns and not re.fullmatch(sample.patterns[path], str(actual)):
        yield f"{path}: {actual!r} is not {sample.patterns[path]}"


def _members(
    sample: Sample, expected: dict[str, Any], actual: dict[str, Any], path: str
) -> Iterator[str]:
    if path in sample.maps:
        for value in actual.values():
            yield from _differences(sample, next(iter(expected.values())), value, f"{path}.*")
        return
    for name in sorted(expected.keys() | actual.keys()):
        inner = f"{path}.{name}" if path else name
        if name not in actual:
            if inner not in sample.may_be_absent:
                yield f"{inner}: missing"
        elif name not in expected:
            yield f"{inner}: not a member"
        else:
            yield from _differences(sample, expected[name], actual[name], inner)


def _items(sample: Sample, expected: list[Any], actual: list[Any], path: str) -> Iterator[str]:
    """Every item is like one of the sample's; an empty list says nothing, so it must be allowed."""
    if not expected:
        if actual:
            yield f"{path}: not empty"
        return
    if not actual and path not in sample.may_be_empty:
        yield f"{path}: empty"
    for item in actual:
        tries = [list(_differences(sample, one, item, path)) for one in expected]
        yield from min(tries, key=len)


def _is_number(expected: Any, actual: Any) -> bool:
    return isinstance(expected, float) and isinstance(actual, int) and not isinstance(actual, bool)


def _kind(value: Any) -> str:
    kinds = {str: "text", bool: "boolean", int: "whole number", float: "number", list: "list",
             dict: "object", type(None): "null"}  # fmt: skip
    return kinds[type(value)]
