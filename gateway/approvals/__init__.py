"""What waits for a second person, and who decides it."""
