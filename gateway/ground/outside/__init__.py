"""The product from outside: its processes, and a partner's connection to it."""
