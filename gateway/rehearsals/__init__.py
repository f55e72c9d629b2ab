"""Rehearsals: a campaign tried out on made-up buyers, in a copy of the shop that is thrown away."""
