"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Facts, Sentences


def _reference_conflict(facts: Facts) -> str:
    kind, reference = facts["kind"], facts["reference"]
    article = "an" if kind[0] in "aeiou" else "a"
    other = f" because {facts['because']!r}" if facts["because"] else ""
    return (
        f"the reference {reference!r} stands for {article} {kind} of {facts['known']}{other}, not"
        f" {facts['amount']}; nothing was changed. Use a new reference for a new {kind}."
    )


WORDS: Final[Sentences] = {
    "amount": "the amount must be {least} to {most}, in minor units, not {value}",
    "adjustment": "the amount must be -{most} to {most}, not 0, in minor units",
    "reference": "the reference must be {shortest} to {longest} printable characters",
    "reference-conflict": _reference_conflict,
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
