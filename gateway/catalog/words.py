"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "no-top-up": "{sku} is of kind {kind}: only top-ups have an account rule",
    "display-name": "{field} must be {shortest} to {longest} printable characters",
    "tags": "{field}: at most {most}",
    "kind-to-come": "SKUs of kind {kind} cannot be made yet",
    "codes-from-nowhere": "a SKU of kind {kind} is sold from a pool, or bought on demand: add"
    " --pool NAME or --route UPSTREAM:PRODUCT_ID",
    "codes-from-both": "--pool or --route: codes come from stock, or are bought on demand",
    "rule-of-codes": "{field} is for top-ups, not for kind {kind}",
    "top-up-from-pool": "a top-up has no pool; leave {field} out, or choose --kind code",
    "top-up-without-rule": "a top-up needs {field}: cn-mobile, e164, email, qq, any, or a pattern",
    "top-up-without-route": "a top-up needs {field} UPSTREAM:PRODUCT_ID; `quangate upstream list`"
    " helps",
    "account-rule": "the account rule {detail}",
    "sum": "the {what} must be {least} to {most}, in minor units, not {value}",
    "free": "a price of 0 gives things away: say {field} if that is meant",
    "pool-of-purchases": "the pool {pool} holds what another SKU buys on demand: name another one",
    "purchase-pool": "the pool {pool} is there already: name the SKU otherwise",
    "sells-no-codes": "{upstream}:{product} sells no codes; `quangate upstream catalog {upstream}`"
    " shows what is of kind code",
    "quantity-max": "{field} must be {least} to {most}",
    "routes-sell-less": "{field} {value}: no route sells more than {most} at once",
    "route-twice": "the route {upstream}:{product} is given twice",
    "route-form": "{field}: {value!r} is not UPSTREAM:PRODUCT_ID[:PRIORITY[:COST]]",
    "no-number": "{field}: the {what} must be a whole number, not {value!r}",
    "life-without-pool": "{field} is for codes sold from a pool: it says how long they must last",
    "below-itself": "{category} cannot lie below itself: {parent} is below it; move {parent} away"
    " first",
}
