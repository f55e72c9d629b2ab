"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "no-webhook": "there is no webhook {webhook_id}; try `webhook list`",
    "no-endpoint": "{partner} has no enabled endpoint; `quangate webhook set` sets one",
    "endpoint-disabled": "the endpoint {url} of {partner} is disabled, and what is sent again would"
    " be dead again at once; set it again (`webhook set`), which enables it",
    "endpoint-unset": "{partner} has no endpoint, and what is sent again would be dead again at"
    " once; set one first (`webhook set`)",
    "endpoint-address": "the address {detail}",
}
