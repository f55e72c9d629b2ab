"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "beyond-own-networks": "{field} must lie within those of your key: {known}",
    "beyond-own-rate": "{field} can be at most that of your fastest key: {most}, not {value}",
    "amount": "the amount must be {least} to {most}, in minor units, not {value}",
    "adjustment": "the amount must be -{most} to {most}, not 0, in minor units",
    "reference": "the reference must be {shortest} to {longest} printable characters",
    "reference-conflict": "by the reference {reference!r} there is another {kind}: of {known}, not"
    " {amount}; nothing was changed. Use a new reference for a new {kind}.",
    "reference-because": "by the reference {reference!r} there is another {kind}: of {known},"
    " because {because!r}, not {amount}; nothing was changed. Use a new reference for a new"
    " {kind}.",
    "balance-too-large": "the balance would become larger than an account may hold",
    "insufficient-balance": "the account has {available} available, less than {amount}; nothing was"
    " changed. A credit limit lets the balance go below zero.",
    "credit-limit": "the credit limit must be {least} to {most}, in minor units, not {value}",
    "credit-in-use": "{partner} already owes {owes}; a credit limit of {amount} is below that."
    " Deposit first, or choose a higher limit.",
    "time-zone": "{field}: there is no time zone {value!r}; name one as in Asia/Shanghai, or UTC",
    "rate": "the rate must be {least} to {most} requests a second, not {value}",
    "overlap": "the overlap must be {least} to {most} seconds, not {value}",
    "key-ended": "{key_id} is {state}; make a new one: quangate key create {partner}",
    "key-rotated": "{key_id} was rotated already and works until {until}; rotate its successor"
    " (`quangate key list {partner}`)",
    "no-request": "that is no HTTP request: {detail}",
    "scope": "unknown scope {value}; there are {known}",
    "network": "{value!r} is not an address or a network such as 203.0.113.0/24: {detail}",
}
