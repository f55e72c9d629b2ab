"""`quangate notify`: places where operators are told."""

from gateway.alerts import notifier_desk
from gateway.ground.command.command import room
from gateway.ground.desk.commands import add_commands

app = room("Places where operators are told what they have to look at.")
add_commands(app, notifier_desk.DECLARED)
