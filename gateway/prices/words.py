"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "amount-or-percent": "give one of --amount and --percent",
    "percent": "{field} must be 0 to {most}, as 90 or 87.5, not {value!r}",
    "sku-or-category": "give one of --sku and --category",
    "price-window": "--from must be before --to",
    "price-amount": "the price must be 0 to {most}, in minor units, not {value}",
    "price-of-nothing": "a price of 0 gives things away: say --allow-zero if that is meant",
    "not-proposed": "the price {price} waits for nobody: it is in force",
    "asked-by-oneself": "{by} asked for it; somebody else has to approve",
    "list-below-floor": "that is {gap} below the floor of {sku}: lower the floor first",
    "own-below-floor": "that is {gap} below the floor of {sku}: `quangate price create` with --by"
    " asks for it",
    "below-floor": "that is {gap} below the floor of {sku}, and no such price is allowed while"
    " {setting} is none",
    "far-below-floor": "the floor of {sku} is {gap} higher, {setting} is {alone}: say --by and"
    " --reason, and let somebody else approve it",
}
