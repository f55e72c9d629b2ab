"""福禄 Fulu open platform: top-ups and encrypted cards over one signed JSON endpoint."""
