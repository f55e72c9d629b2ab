"""Upstream platforms: how to speak to each, and a faithful simulator beside it."""
