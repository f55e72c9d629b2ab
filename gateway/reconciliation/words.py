"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "no-day": "{value!r} is no day in UTC that has begun, such as 2026-11-11",
    "bill-too-large": "{path} is larger than {most} bytes",
    "bill-unreadable": "cannot read {path}: {detail}",
    "bill-encoding": "the file is neither UTF-8 nor GB18030",
    "bill-columns": "the file has no column {missing}",
    "bill-state": "line {line}: unknown state {value!r}",
    "bill-yuan": "line {line}: {column} {value!r} is no sum such as 49.80",
    "bill-sum": "line {line}: {column} {value!r} is no whole number (minor units)",
    "no-statement": "{connector} has no list of transactions: give its bill by {field}",
    "endless-statement": "the list has more than {most} pages",
}
