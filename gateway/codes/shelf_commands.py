"""`quangate shelf`: which part of a pool who sells from."""

from gateway.codes.shelf_desk import DECLARED
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("Parts of a pool, for who sells from it.")
add_commands(app, DECLARED)
