"""`quangate change`: the log of what operators did."""

from gateway.cli.command import room
from gateway.cli.declared import add_commands
from gateway.desks.change import DECLARED

app = room("What operators did.")
add_commands(app, DECLARED)
