"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "import-running": "another import into this pool is running; wait until it has ended",
    "pool-bought": "the pool holds what a SKU buys on demand: name another one",
    "disk-full": "the database has no room left ({detail}); nothing of this is on sale. Make room"
    " and run the same command again: it goes on where it stopped.",
    "no-batch": "pool {pool} has no batch {batch}",
    "no-batch-on-sale": "the pool has no batch {batch} on sale; see `quangate codes batches`",
    "numbers-of-pool": "the pool's codes have the numbers 0 to {last}",
    "one-of-codes": "name one of FILE, --batch and --seq",
    "no-range": "{value!r} is no range such as 0-99",
    "no-file": "there is no file {path}",
    "not-a-file": "{path} is not a file",
    "code-file": "{detail}",
    "no-code-file": "this does not look like a code file: {rejected} of its lines, more than a"
    " fifth, cannot be codes; if it is one, name its columns with --columns",
    "unclear-file": "nothing was imported, for this is not certain: {doubts}. Say --yes if it is"
    " right as shown, or say what it is (--columns, --separator, --header, --sheet, --encoding)",
    "file-shape": "{detail}",
    "rejected-lines": "{rejected} of the lines cannot be imported, so with --strict nothing was;"
    " --report FILE lists them",
    "report-over-file": "the report would overwrite the code file",
    "report-not-writable": "{path}: {detail}",
    "zone": "{detail}",
    "pattern": "{detail}",
    "pattern-too-small": "the pattern {pattern} has {space} codes; at most half of them can be"
    " generated. Use a longer one ({bits} bits is what this one has).",
    "pattern-used-up": "the pool has nearly all codes of the pattern {pattern} already; use a"
    " longer one",
}
