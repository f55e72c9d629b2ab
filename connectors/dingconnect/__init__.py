"""DingConnect v1: instant transfers by SKU, answered within 90 seconds, asked about afterwards."""
