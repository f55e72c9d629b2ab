"""The master key: opening the vault, rotating it."""
