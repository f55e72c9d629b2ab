-- The short guards take the long ones' places and names: 0185. An audit of an older release, which
-- looks for the names, finds them.
ALTER TABLE orders DROP CONSTRAINT orders_quantity, DROP CONSTRAINT orders_quantity_check,
    DROP CONSTRAINT orders_amount_check, DROP CONSTRAINT orders_state_check;
ALTER TABLE orders RENAME CONSTRAINT orders_sound TO orders_quantity;
ALTER TABLE entry DROP CONSTRAINT entry_sign, DROP CONSTRAINT entry_run, DROP CONSTRAINT entry_kind_check;
ALTER TABLE entry RENAME CONSTRAINT entry_sound TO entry_sign;
ALTER TABLE entry RENAME CONSTRAINT entry_runs TO entry_run;
