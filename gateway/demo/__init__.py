"""`quangate demo`: a flash sale against a real gateway, and the proof that the books add up.

Everything here is a user of the product: it starts `quangate` processes, speaks HTTP and
opens JWEs; it never looks into the database, but for `week.past`.
"""
