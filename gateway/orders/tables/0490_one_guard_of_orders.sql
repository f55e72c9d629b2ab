-- I2 in one CHECK instead of three: PostgreSQL reads the text of each anew in every statement that writes orders.
-- `orders_refunded` followed from `orders_quantity` already: every state says what was refunded, within 0 and amount.
-- Added beside the old ones here, proven for what is there in 0491, and in their place in 0492: orders go on meanwhile.
-- p_codes: how many codes it has, NULL: it has no list; p_tops_up: it has a number to be topped up.
CREATE FUNCTION order_is_whole(
    p_state text, p_quantity integer, p_delivered integer, p_amount bigint, p_refunded bigint, p_codes integer, p_tops_up boolean
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE p_state
               WHEN 'delivered' THEN p_delivered = p_quantity AND p_refunded BETWEEN 0 AND p_amount
               WHEN 'processing' THEN p_delivered = 0 AND p_refunded = 0       -- paid, not delivered yet
               WHEN 'uncertain' THEN p_delivered = 0 AND p_refunded = 0        -- we are finding out
               WHEN 'partial' THEN p_delivered < p_quantity AND p_refunded > 0 AND p_refunded <= p_amount
               WHEN 'failed' THEN p_delivered = 0 AND p_refunded = p_amount
               WHEN 'reversed' THEN p_refunded = p_amount
               ELSE false END
           AND p_quantity BETWEEN 1 AND 500 AND p_amount >= 0
           AND CASE WHEN p_codes IS NULL THEN p_tops_up OR p_delivered = 0 ELSE p_codes = p_delivered END;
END $$;
ALTER TABLE orders ADD CONSTRAINT orders_whole CHECK (
    order_is_whole(state, quantity, delivered_quantity, amount, refunded, cardinality(seqs), account IS NOT NULL)) NOT VALID;
