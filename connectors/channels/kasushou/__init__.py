"""卡速售 v2 with us as the platform: shops of that system order from us.

`wire` signs and names, `requests` reads what a shop sends, `answers` writes what it gets. What both
sides of the protocol have in common is in connectors/kasushou.
"""
