"""`quangate alert`: what a person has to look at."""

from gateway.alerts import desk
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("What a person has to look at.")
add_commands(app, desk.DECLARED)
