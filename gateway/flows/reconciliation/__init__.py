"""Reconciliation (对账): a day at an upstream compared with our books, late truths settled."""
