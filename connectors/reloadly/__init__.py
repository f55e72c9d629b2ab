"""Reloadly: airtime and gift cards behind OAuth tokens, signed webhooks, codes on demand."""
