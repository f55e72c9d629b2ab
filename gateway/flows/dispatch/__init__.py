"""Top-ups: attempts go to upstreams, and whatever is learnt of them is settled (design D7–D9)."""
