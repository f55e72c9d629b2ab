"""`quangate account`: a partner's money."""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.ledger.desk import DECLARED

app = room("A partner's money, in minor units.")
add_commands(app, DECLARED)
