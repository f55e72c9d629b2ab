"""Search: from any number to what it belongs to."""
