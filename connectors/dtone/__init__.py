"""DT One DVS API: mobile top-ups and PINs in many countries, JSON behind HTTP Basic."""
