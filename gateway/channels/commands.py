"""`quangate channel`: platforms that order from us."""

from gateway.channels import desk, order_desk
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("Platforms that order from us.")
add_commands(app, (*desk.DECLARED, *order_desk.DECLARED))
