"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "too-many-waiting": "{most} requests of yours wait already: no more until some are decided",
    "own-request": "nobody decides what he asked for himself: it takes another person",
    "made-by-requester": "you could be the requester: he made your account less than a day before,"
    " or your token",
    "approval-permission": "who approves it needs what it needs: {permission}",
    "decided": "the request {approval} is decided: {state}",
    "expired": "the request {approval} has expired: it has to be asked for again",
    "stale": "{who} may not do this himself any more: it was not done",
    "other-than-read": "it would do something else than was asked for: {now}; ask for that again",
    "no-action": "there is no action {action} in this release",
    "other-approval": "the approval {approval} is of something else",
    "not-approved": "the request {approval} is not approved: it is {state}",
    "approval-used": "the approval {approval} is used, or older than 5 minutes: ask again",
}
