"""SQL cut into its statements: a semicolon ends one unless it stands in something."""

import re

import pytest

from gateway.ground.errors import ConfigError
from gateway.ground.sql.migrate import migrations, routines_text
from gateway.ground.sql.statements import statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ;; \n; -- nothing; at all\n /* nor; here */ ;", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1; SELECT 2;\n", ["SELECT 1", "SELECT 2"]),
        ("-- why; so\nSELECT 1; -- and\nSELECT 2", ["-- why; so\nSELECT 1", "-- and\nSELECT 2"]),
        ("SELECT 1; -- last; words", ["SELECT 1"]),
        ("SELECT '-- ;'; SELECT 2", ["SELECT '-- ;'", "SELECT 2"]),
        ("SELECT 'it''s; '; SELECT 2", ["SELECT 'it''s; '", "SELECT 2"]),
        (r"SELECT '\'; SELECT 2", [r"SELECT '\'", "SELECT 2"]),
        (r"SELECT E'\';', e'\\'; SELECT 2", [r"SELECT E'\';', e'\\'", "SELECT 2"]),
        (r"SELECT E'a'';\''; SELECT 2", [r"SELECT E'a'';\''", "SELECT 2"]),
        (r"SELECT type'\'; SELECT 2", [r"SELECT type'\'", "SELECT 2"]),
        ('SELECT "a;""b"; SELECT 2', ['SELECT "a;""b"', "SELECT 2"]),
        ("SELECT /* a; /* b; */ c; */ 1; SELECT 2", ["SELECT /* a; /* b; */ c; */ 1", "SELECT 2"]),
        ("SELECT $$ a; ' -- $$; SELECT 2", ["SELECT $$ a; ' -- $$", "SELECT 2"]),
        ("SELECT $a$ $$; $b$; $a$; SELECT 2", ["SELECT $a$ $$; $b$; $a$", "SELECT 2"]),
        ("SELECT $1; SELECT $1$2", ["SELECT $1", "SELECT $1$2"]),
        ("SELECT a$$ FROM b; SELECT c$d$", ["SELECT a$$ FROM b", "SELECT c$d$"]),
        ("DO $$ -- it's\nBEGIN; END $$", ["DO $$ -- it's\nBEGIN; END $$"]),
        ("-- it's\nSELECT 1; SELECT 2", ["-- it's\nSELECT 1", "SELECT 2"]),
        ("SELECT 2 -/* ; */ 1; SELECT 2", ["SELECT 2 -/* ; */ 1", "SELECT 2"]),
    ],
)  # fmt: skip
def test_statements_are_told_apart(text: str, expected: list[str]) -> None:
    """Quotes, comments and $$ bodies keep their semicolons; what says nothing is no statement.

    Seen red with `text.split(";")`, and each of its kinds with its word taken out of _OPENS.
    """
    assert list(statements(text)) == expected


@pytest.mark.parametrize("text", ["SELECT 'a;", 'SELECT "a;', "/* /* */ ;", "$a$ ; $b$", r"E'\';"])
def test_what_never_ends_is_an_error(text: str) -> None:
    """Nothing is run of a text whose end is missing, and the line is named.

    Seen red with the text's end taken for the missing one.
    """
    with pytest.raises(ConfigError, match="in line 2 never ends"):
        list(statements("SELECT 1\n; " + text))


def test_nothing_of_ours_is_lost() -> None:
    """Between the statements of the migrations and routines is nothing but semicolons.

    Seen red with every second one left out, and with comments not known.
    """
    for text in [*migrations().values(), routines_text()]:
        at = 0
        for statement in statements(text):
            begin = text.index(statement, at)
            assert re.fullmatch(r";?\s*", text[at:begin])
            at = begin + len(statement)
        assert re.fullmatch(r";(\s|--[^\n]*\n)*", text[at:])
