"""What keeps traffic within bounds: breaker, pace, backoff, turns."""
