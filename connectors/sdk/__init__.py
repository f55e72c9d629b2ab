"""Clients that partners use: one generator, a core of each language by hand, one suite of cases."""
