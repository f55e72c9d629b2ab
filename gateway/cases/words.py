"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "case-order": "there is no order {order_no}",
    "case-unknown": "there is no case {case_no}",
    "case-open": "order {order_no} has an open case already",
    "too-many-cases": "the order has had {most} cases, as many as a partner may open about one",
    "case-conflict": "the number {number} was used for another case",
    "case-member-of-kind": "{field} is nothing for a case of the kind {kind}",
    "case-recipient-missing": "{field} is wanted: the new number",
    "case-quantity-or-amount": "a refund is by quantity or by amount, not both",
    "case-index-is-one": "{field} names one code: neither a quantity nor an amount goes with it",
    "case-void-or-keep": "codes are struck out or kept, not both",
    "case-no-codes": "the order has no codes",
    "case-not-delivered": "the order is {state}: only what was delivered can be replaced or paid"
    " back",
    "case-nothing-left": "the order was paid back already",
    "case-more-than-left": "at most {most} of the order can be paid back",
    "case-more-pieces": "at most {most} pieces of the order are left",
    "case-no-code-there": "the order has {codes} codes, counted from 0",
    "case-no-recipient": "the order has no number that could be changed",
    "case-came-to-nothing": "the order is {state}: nothing more is sent to any number",
    "case-nothing-to-send": "the order came to nothing meanwhile: nothing more is sent to any"
    " number",
    "case-same-recipient": "{field} is the number that the order has already",
    "case-recipient-rule": "{field} is no number for this SKU: {rule}",
    "case-under-way": "the order is not delivered yet",
    "case-too-much": "that is more than is left to be paid back",
    "case-struck-out": "the codes asked for are struck out already",
    "case-decided": "the case is {state} already",
    "case-decide-first": "the case is {state}: approve or refuse it first",
    "case-ended": "the case is {state} already",
    "case-taken": "{by} has this case",
    "case-assignee": "there is no operator {operator} who could have it",
    "case-reissued-already": "the order line was reissued {most} times, as often as it may be",
    "case-rule-bounds": "no case has {least} or more, and {most} or less",
    "case-rule-unchanged": "nothing is said that could be otherwise: --shadow or --enabled",
    "case-state": "unknown state {value!r}; there are {known}",
    "case-kind": "unknown kind {value!r}; there are {known}",
}
