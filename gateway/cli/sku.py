"""`quangate sku`: what is sold."""

from gateway.cli.command import room
from gateway.cli.declared import add_commands
from gateway.desks.sku import DECLARED

app = room("What is sold.")
add_commands(app, DECLARED)
