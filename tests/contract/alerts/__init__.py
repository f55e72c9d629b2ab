"""Alerts, as operators and the API see them."""
