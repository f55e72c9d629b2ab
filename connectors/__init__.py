"""Upstream platforms: how to speak to each, and a faithful simulator beside it.

A connector is pure: it builds requests and reads answers, and never does I/O, reads a clock or
imports `gateway`. `transport` executes requests; `upstream` drives a connector over a transport.
"""
