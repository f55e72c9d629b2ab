"""Redis or Valkey, for what may be lost at any moment (design D1)."""
