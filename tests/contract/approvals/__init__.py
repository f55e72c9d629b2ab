"""Approvals by API and command line."""
