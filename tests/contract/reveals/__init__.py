"""Seeing codes by API."""
