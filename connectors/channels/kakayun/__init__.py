"""咔咔云 dock v3 with us as the platform: shops that dock there order from us.

`wire` signs and names, `requests` reads what a shop sends, `answers` writes what it gets.
"""
