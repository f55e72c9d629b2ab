-- I10 in one CHECK instead of two, as 0490 does it for orders: which way each kind moves the money, and that a run of
-- entries in one row is one of charges. Proven for what is there in 0494, in their place in 0520.
CREATE FUNCTION entry_is_sound(
    p_kind text, p_amount bigint, p_order bigint, p_orders integer, p_amounts integer
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE p_kind WHEN 'charge' THEN p_amount <= 0 WHEN 'adjustment' THEN true
                       WHEN 'deposit' THEN p_amount >= 0 WHEN 'refund' THEN p_amount >= 0 ELSE false END
           AND CASE WHEN p_orders IS NULL THEN p_amounts IS NULL
                    ELSE p_kind = 'charge' AND p_order IS NULL AND p_orders > 1 AND p_amounts IS NOT DISTINCT FROM p_orders END;
END $$;
ALTER TABLE entry ADD CONSTRAINT entry_whole CHECK (
    entry_is_sound(kind, amount, order_id, cardinality(order_ids), cardinality(amounts))) NOT VALID;
