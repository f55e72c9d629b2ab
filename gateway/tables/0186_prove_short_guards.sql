-- What is there already holds as well: 0185. Reads whole tables, beside running orders.
ALTER TABLE orders VALIDATE CONSTRAINT orders_sound;
ALTER TABLE entry VALIDATE CONSTRAINT entry_sound, VALIDATE CONSTRAINT entry_runs;
