"""A new connector as an installable package: what `quangate upstream scaffold` writes.

`example` is what is copied, and is checked and tested here like any other connector.
"""
