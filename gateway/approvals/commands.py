"""`quangate approval`: what waits for a second person."""

from gateway.approvals.desk import DECLARED
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("What waits for a second person.")
add_commands(app, DECLARED)
