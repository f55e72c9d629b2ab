-- What after-sales cases change of an order; NULL: nothing. What was accepted stays as it is: `seqs` are
-- the codes it was sold with, `account` the number it was ordered for.
ALTER TABLE orders
    ADD COLUMN current_seqs bigint[],             -- its codes as they are now, in the places of seqs
    ADD COLUMN replaced integer,                  -- how many codes were ever replaced
    ADD COLUMN returned integer,                  -- how many pieces were paid back by cases
    ADD COLUMN recipient text;                    -- the number to be topped up now

CREATE FUNCTION keep_after_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(NEW.replaced, 0) < coalesce(OLD.replaced, 0) OR coalesce(NEW.returned, 0) < coalesce(OLD.returned, 0)
       OR coalesce(NEW.returned, 0) > NEW.delivered_quantity
       OR (NEW.current_seqs IS DISTINCT FROM OLD.current_seqs
           AND (cardinality(NEW.current_seqs) IS DISTINCT FROM cardinality(NEW.seqs)
                OR coalesce(NEW.replaced, 0) <= coalesce(OLD.replaced, 0)))
       OR (NEW.recipient IS DISTINCT FROM OLD.recipient AND (NEW.recipient IS NULL OR NEW.account IS NULL)) THEN
        RAISE EXCEPTION 'what was done after the sale of order % stays as it is', OLD.id USING ERRCODE = 'QG003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER order_after_sale BEFORE UPDATE OF current_seqs, replaced, returned, recipient ON orders
    FOR EACH ROW EXECUTE FUNCTION keep_after_sale();

-- Money may come back for what was delivered: never more than was charged, whatever is done at once (I2).
CREATE OR REPLACE FUNCTION order_is_sound(
    p_state text, p_quantity integer, p_delivered integer, p_amount bigint, p_refunded bigint, p_codes integer
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
           AND p_quantity BETWEEN 1 AND 500 AND p_amount >= 0 AND (p_codes IS NULL OR p_codes = p_delivered);
END $$;
