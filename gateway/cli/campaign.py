"""`quangate campaign`: flash sales."""

from gateway.cli.command import room
from gateway.cli.declared import add_commands
from gateway.desks.campaign import DECLARED

app = room("Flash sales.")
add_commands(app, DECLARED)
