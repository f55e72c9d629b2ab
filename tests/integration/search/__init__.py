"""Search against a real database."""
