"""Sales channels that speak a protocol of their own."""
