"""Codes: batches, import, leases, stock, voiding."""
