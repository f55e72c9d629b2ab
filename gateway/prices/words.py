"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "amount-or-percent": "give one of --amount and --percent",
    "percent": "{field} must be 0 to {most}, as 90 or 87.5, not {value!r}",
    "sku-or-category": "give one of --sku and --category",
    "price-window": "--from must be before --to",
    "price-amount": "the price must be 0 to {most}, in minor units, not {value}",
    "price-of-nothing": "a price of 0 gives things away: say {field} if that is meant",
    "list-below-floor": "that is {gap} below the floor of {sku}: lower the floor first",
    "far-below-floor": "that is {gap} below the floor of {sku}, further than one may go alone: make"
    " it by `quangate price create`, which asks for a second person",
    "far-below-cost": "that is {gap} below what {sku} is bought for, further than one may go alone:"
    " make it by `quangate price create`, which asks for a second person",
    "below-floor": "that is {gap} below the floor of {sku}, and no such price is allowed while"
    " {setting} is none",
}
