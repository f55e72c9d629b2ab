"""Top-ups and purchases at upstream platforms: attempts, answers, callbacks."""
