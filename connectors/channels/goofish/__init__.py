"""闲管家/goofish, the standard interface for virtual goods: the channel orders, we deliver.

`wire` signs and names, `requests` reads what the channel sends, `answers` writes what it gets.
"""
