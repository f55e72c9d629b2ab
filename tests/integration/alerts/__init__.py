"""Alerts, as rows."""
