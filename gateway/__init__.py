"""Quangate: a fulfilment gateway for virtual goods."""
