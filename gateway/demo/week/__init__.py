"""`quangate demo --console`: a shop with a week of history, left running for a look around.

The history is made by the real paths: orders over HTTP, operators' acts over the admin API,
simulated platforms, webhooks. It is made in slots, a moment each; afterwards one script moves each
slot to its hour of the week (past.sql, which says when it refuses to).
"""
