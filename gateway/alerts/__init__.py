"""Alerts: what a person has to look at, one row for each thing while it lasts."""
