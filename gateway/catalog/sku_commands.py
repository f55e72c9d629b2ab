"""`quangate sku`: what is sold."""

from gateway.catalog.sku_desk import DECLARED
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("What is sold.")
add_commands(app, DECLARED)
