"""What operators set while orders flow: numbers by name, kept in the database."""
