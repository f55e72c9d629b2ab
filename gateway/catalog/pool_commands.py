"""`quangate pool`: stocks of codes."""

from gateway.catalog.pool_desk import DECLARED
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("Stocks of codes.")
add_commands(app, DECLARED)
