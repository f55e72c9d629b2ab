"""Who buys: partners, their API keys, how their requests are signed."""
