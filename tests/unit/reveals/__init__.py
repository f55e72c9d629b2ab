"""The log of views away from the shop."""
