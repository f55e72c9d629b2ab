"""Places where operators are told: what is sent to each, and what its answer means. Pure."""
