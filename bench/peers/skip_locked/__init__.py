"""The usual way to sell codes from PostgreSQL: one transaction per order, `SKIP LOCKED`."""
