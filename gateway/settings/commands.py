"""`quangate setting`: what is set while orders flow."""

from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands
from gateway.settings.desk import DECLARED

app = room("What is set while orders flow.")
add_commands(app, DECLARED)
