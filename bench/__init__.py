"""Honest measurement: loads, peers and micro-benchmarks. See README.md. Nothing imports this room."""
