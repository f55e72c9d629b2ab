"""`quangate pool`: stocks of codes."""

from gateway.cli.command import room
from gateway.cli.declared import add_commands
from gateway.desks.pool import DECLARED

app = room("Stocks of codes.")
add_commands(app, DECLARED)
