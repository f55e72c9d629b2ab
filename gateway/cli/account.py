"""`quangate account`: a partner's money."""

from gateway.cli.command import room
from gateway.cli.declared import add_commands
from gateway.desks.account import DECLARED

app = room("A partner's money, in minor units.")
add_commands(app, DECLARED)
