"""dujiao-next, the protocol between its sites: another site orders from us as its upstream.

`wire` signs and names, `requests` reads what the site sends, `answers` writes what it gets.
"""
