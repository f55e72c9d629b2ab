"""What a feature is made of, as plain data: `feature.py` says it, `gateway/features.py` lists it.

Whatever looks over all features (the schema, rights, retention, the audit, the command line) reads
it here. Nothing is found by looking around: what is not listed does not exist.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[1]

ALL_COLUMNS: Final = ("*",)

# How long a table's rows are kept: the name of a setting (days; 0: for ever), or one of these.
FOR_EVER: Final = "for ever: proves money, a delivery, a decision or a view"
CATALOG: Final = "for ever: grows with what is sold and to whom, not with orders"
PASSING: Final = "deleted by whoever made it, when it is over"
A_DAY: Final = "a day: a commit in doubt is decided within seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: how long its rows are kept, and what the gateway's role may do beside SELECT.

    `update` names the columns that may change. What is said here becomes GRANTs after migrations.
    """

    kept: str
    insert: bool = True
    update: tuple[str, ...] = ()
    delete: bool = False

    def privileges(self) -> str:
        """As GRANT takes them."""
        parts = ["SELECT"]
        if self.insert:
            parts.append("INSERT")
        if self.delete:
            parts.append("DELETE")
        if self.update == ALL_COLUMNS:
            parts.append("UPDATE")
        elif self.update:
            parts.append(f"UPDATE ({', '.join(self.update)})")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A number that operators change while orders flow; the database keeps it.

    `default` is in force until one is set; None: nothing is, and it can be set back to nothing.
    `at_most` names the setting that it may not be above. `optional`: it can be set to nothing,
    though a number is in force until then. `none_shuts`: of a limit nothing means that nothing is
    allowed, where else it means no limit.
    """

    default: int | None
    least: int
    most: int
    unit: str
    doc: str  # a sentence
    at_most: str | None = None
    optional: bool = False
    none_shuts: bool = False

    @property
    def may_be_none(self) -> bool:
        """Whether it can be set to nothing."""
        return self.optional or self.default is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One room. Files are named as in its folder, `needs` are the features it may import.

    `commands` are the nouns of `quangate`: the module that makes one, and its line of help.
    `settings` are named `FEATURE.what`; operators set them by `quangate setting set`.
    """

    name: str
    needs: tuple[str, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    routines: tuple[str, ...] = ()  # SQL functions as they are today
    checks: tuple[str, ...] = ()  # statements of `quangate audit`, named `i1_…` for I1
    invariants: Mapping[str, str] = field(default_factory=dict)  # its own: name, what holds
    book: str | None = None  # the module whose `read` adds to the catalog's snapshot
    desk: tuple[str, ...] = ()  # modules that declare actions and views
    portal: tuple[str, ...] = ()  # modules that declare what a partner's own people do and see
    pages: tuple[str, ...] = ()  # modules with pages of the console that are made by hand
    permissions: tuple[str, ...] = ()  # asked for beside those of what the desk declares
    second: str | None = None  # the module that knows who could approve: ground/desk/second.py
    words: str | None = None  # the module whose `WORDS` say at the command line what is refused
    settings: Mapping[str, Setting] = field(default_factory=dict)
    wiring: str | None = None  # the module of its part in a worker: ground/wiring.py
    commands: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def files(self, kind: str) -> Iterator[Path]:
        """Its files of a kind: routines, checks."""
        for name in getattr(self, kind):
            yield PACKAGE / self.name / name
