-- It takes the place and the name of the others: 0490.
ALTER TABLE orders DROP CONSTRAINT orders_quantity, DROP CONSTRAINT orders_refunded, DROP CONSTRAINT orders_codes;
ALTER TABLE orders RENAME CONSTRAINT orders_whole TO orders_quantity;
DROP FUNCTION order_is_sound;
