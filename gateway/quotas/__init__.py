"""Quotas: how much may be had of what, by whom, in what time."""
