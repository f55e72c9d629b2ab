"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "import-running": "another import into this pool is running; wait until it has ended",
    "too-many-imports": "too many uploaded files wait to be imported ({own} of them yours);"
    " try again when one of them has ended",
    "gave-up": "it was begun {tries} times and never ended; upload it again",
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
    "reserve-without-borrow": "{field} says what a shelf with --borrow does not lend: add --borrow",
    "one-seller": "a shelf is for one seller: --{other} or {field}",
    "one-shelf": "{shelf} is the shelf they are on",
    "main-stays": "main stays: it has what is on no other shelf",
    "pool-undivided": "the pool {pool} holds what is bought on demand: it has nothing to divide",
    "until-over": "{field} is over already",
    "campaign-is-over": "{campaign} is over: nothing is sold in it any more",
    "sku-elsewhere": "{sku} is not sold from the pool {pool}",
    "shelf-closed": "the shelf {shelf} is closed",
    "sells-already": "{field} {name} sells from the shelf {shelf}: close that one first",
    "too-few-free": "{shelf} has {most} free codes and {count} are wanted: nothing was moved",
    "codes-withheld": "the codes on {shelf} may have been sold since the moment the shop was"
    " restored to: `quangate codes void`, or `quangate codes release`",
    "no-withheld": "nothing of the pool {pool} is kept off sale from {from_seq} on",
    "pattern-used-up": "the pool has nearly all codes of the pattern {pattern} already; use a"
    " longer one",
}
