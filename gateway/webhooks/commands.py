"""`quangate webhook`: our messages to partners."""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.webhooks.desk import DECLARED

app = room("Messages to partners.")
add_commands(app, DECLARED)
