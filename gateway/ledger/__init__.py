"""Money: accounts, entries, a partner's statements."""
