"""`quangate quota`: how much may be had of what."""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.quotas.desk import DECLARED

app = room("How much may be had.")
add_commands(app, DECLARED)
