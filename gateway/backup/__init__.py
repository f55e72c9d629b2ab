"""Backups, following, restoring: see feature.py."""
