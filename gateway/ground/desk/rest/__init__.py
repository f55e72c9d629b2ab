"""The admin API, rendered from what is declared."""
