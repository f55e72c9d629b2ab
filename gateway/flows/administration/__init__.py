"""What operators do: partners, money, keys, catalogue, upstreams, webhooks, the master key.

Every function is one change inside the caller's transaction: it runs named statements on a
`Statements` port and returns what to show. Refusals are `RefusedError`, with a message that
says what to do. Nothing here opens a connection, knows SQL or prints.
"""
