"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "below-use": "{used} of {quota} were had in one count already: {field} must be {used} or more",
    "counts-from-later": "{field} is to come: a quota counts from its creation, or from before it",
    "nothing-to-be-on": "{field}: {value!r} is not sku:SKU, category:NAME, campaign:NAME or all",
}
