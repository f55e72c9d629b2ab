"""Honest measurement: loads, peers, micro-benchmarks; see README.md. Nothing imports this room."""
