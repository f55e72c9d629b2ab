-- A delivered code that is void: its allocation stays with its order, so it is never sold again.
ALTER TABLE code_void ADD COLUMN order_id bigint;  -- NULL: it was unsold
