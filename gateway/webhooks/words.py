"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "no-webhook": "there is no webhook {webhook_id}; try `webhook list`",
    "no-endpoint": "{partner} has no enabled endpoint; `quangate webhook set` sets one",
    "endpoint-address": "the address {detail}",
}
