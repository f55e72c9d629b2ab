"""Telling partners: webhooks from their rows to the receivers, at least once, in order."""
