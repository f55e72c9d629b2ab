"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "operator-waits": "{operator} is not there yet: the request {approval} to make this operator"
    " waits for a second person",
    "role-missing": "an operator needs a role: {field}; `quangate role list` shows those there are",
    "partners-person": "people of {partner} have its portal and nothing else: no role, no token",
    "no-roles": "say which: --add ROLE or --remove ROLE",
    "role-both": "{role} cannot be added and removed at once",
    "role-not-held": "{operator} does not have the role {role}; nothing was changed",
    "own-freeze": "nobody lifts his own: another person unfreezes {operator}",
    "not-frozen": "{operator} is not frozen",
    "not-granted": "the role {role} does not give {permission}; nothing was changed",
    "operator-disabled": "{operator} is disabled; first: `quangate operator enable {operator}`",
}
