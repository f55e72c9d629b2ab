"""A text of SQL statements, one by one: for servers that take one at a time."""

import re
from collections.abc import Iterator
from typing import Final

from gateway.ground.errors import ConfigError

# What ends a statement, and what a semicolon may stand in without doing so. E'…' alone knows
# backslashes; $1 and a$b$ open nothing.
_OPENS: Final = re.compile(
    r"(?P<line>--)|(?P<block>/\*)|(?P<dollar>(?<![\w$])\$(?:[^\W\d]\w*)?\$)"
    r"|(?P<escaped>(?<![\w$])[eE]')|(?P<quote>['\"])|(?P<end>;)"
)
_BLOCK_EDGE: Final = re.compile(r"/\*|\*/")
_ESCAPED_END: Final = re.compile(r"(?:[^'\\]|\\.|'')*'", re.DOTALL)


def _after(text: str, opened: re.Match[str]) -> int:
    """Where that ends what was opened, behind its last character; -1: nowhere."""
    kind, at = str(opened.lastgroup), opened.end()
    if kind == "line":
        end = text.find("\n", at)
        return len(text) if end < 0 else end + 1
    if kind == "block":
        depth = 1
        for edge in _BLOCK_EDGE.finditer(text, at):
            depth += 1 if edge[0] == "/*" else -1
            if depth == 0:
                return edge.end()
        return -1
    if kind == "escaped":
        closed = _ESCAPED_END.match(text, at)
        return closed.end() if closed else -1
    end = text.find(opened[0], at)  # a doubled quote closes one text and opens the next
    return end + len(opened[0]) if end >= 0 else -1


def statements(text: str) -> Iterator[str]:
    """Each statement of the text, without its semicolon, with the comments before it.

    What is only blanks and comments is none. Raises ConfigError when a quote, a comment or a
    $$ body never ends: what follows would be run as something else.
    """
    begin = at = 0
    is_empty = True
    while at < len(text):
        opened = _OPENS.search(text, at)
        upto = opened.start() if opened else len(text)
        is_empty = is_empty and not text[at:upto].strip()
        if opened is None:
            break
        kind = opened.lastgroup
        if kind == "end":
            if not is_empty:
                yield text[begin:upto].strip()
            begin = at = opened.end()
            is_empty = True
            continue
        is_empty = is_empty and kind in {"line", "block"}
        at = _after(text, opened)
        if at < 0:
            line = text.count("\n", 0, upto) + 1
            raise ConfigError(f"SQL: what {opened[0]} opens in line {line} never ends")
    if not is_empty:
        yield text[begin:].strip()
