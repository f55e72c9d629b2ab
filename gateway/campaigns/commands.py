"""`quangate campaign`: flash sales."""

from gateway.campaigns.desk import DECLARED
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("Flash sales.")
add_commands(app, DECLARED)
