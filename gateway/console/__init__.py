"""The operators' console: its menu, and its pages that are made by hand."""
