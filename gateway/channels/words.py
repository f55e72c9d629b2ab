"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "unknown-adapter": "unknown adapter {value!r}; there are {known}",
    "channel-settings": "{detail}",
    "codes-in-the-open": "codes would leave in the clear over a connection that others can read:"
    " the public URL is {url}. Say an https one (--public-url, QUANGATE_PUBLIC_URL), or offer"
    " top-ups only",
    "no-base-url": "a {adapter} channel calls us; it takes no --base-url",
    "base-url-missing": "a {adapter} channel is called by us: say where, --base-url URL",
    "channel-address": "--base-url {detail}",
    "external-product": "this is no product's number at {adapter}",
    "top-ups-only": "{adapter} has no way to hand codes over, and {sku} is no top-up",
    "not-held": "channel {channel} has no order {value!r} that waits for a person",
    "not-mapped": "channel {channel} has no product {value!r} mapped",
    "channel-unchanged": "say what to change: --set, --base-url",
}
