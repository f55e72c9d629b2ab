"""`quangate change`: the log of what operators did."""

from gateway.audit.desk import DECLARED
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("What operators did.")
add_commands(app, DECLARED)
