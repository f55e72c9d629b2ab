"""卡速售 Kasushou v2: a shop system; top-ups and cards over JSON with a signed header."""
