-- What is there already holds as well: 0490. Reads the whole table, beside running orders.
ALTER TABLE orders VALIDATE CONSTRAINT orders_whole;
