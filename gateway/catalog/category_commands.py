"""`quangate category`: where SKUs are filed."""

from gateway.catalog.category_desk import DECLARED
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("Where SKUs are filed.")
add_commands(app, DECLARED)
