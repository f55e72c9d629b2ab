-- What is there already holds as well: 0493. Reads the whole table, beside running orders.
ALTER TABLE entry VALIDATE CONSTRAINT entry_whole;
