"""The console, rendered from what is declared."""
