"""People at the console: signing in, the session they have then, stepping up."""
