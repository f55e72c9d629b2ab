"""Telling partners what became of their orders."""
