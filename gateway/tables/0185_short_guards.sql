-- Guards of the commit in few words, with the same strength.
--
-- PostgreSQL reads the text of every CHECK and WHEN anew in every statement that writes to the table:
-- a page of them was a quarter of what a commit of one line costs. A call of a function is a short
-- text, and the function is read once per connection. What is refused is refused as before; the
-- audit knows the functions by their digests (routines/guards.sql).
--
-- Added beside the old ones here, proven for what is there in 0186, and in their place in 0187:
-- orders go on meanwhile. The functions stand on nothing but their arguments.

-- I2, with the order's states and ranges. p_codes: how many codes it has, NULL: it has no list.
CREATE FUNCTION order_is_sound(
    p_state text, p_quantity integer, p_delivered integer, p_amount bigint, p_refunded bigint, p_codes integer
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE p_state
               WHEN 'delivered' THEN p_delivered = p_quantity AND p_refunded = 0
               WHEN 'processing' THEN p_delivered = 0 AND p_refunded = 0       -- paid, not delivered yet
               WHEN 'uncertain' THEN p_delivered = 0 AND p_refunded = 0        -- we are finding out
               WHEN 'partial' THEN p_delivered < p_quantity AND p_refunded > 0
               WHEN 'failed' THEN p_delivered = 0 AND p_refunded = p_amount
               WHEN 'reversed' THEN p_refunded = p_amount
               ELSE false END
           AND p_quantity BETWEEN 1 AND 500 AND p_amount >= 0 AND (p_codes IS NULL OR p_codes = p_delivered);
END $$;
ALTER TABLE orders ADD CONSTRAINT orders_sound CHECK (
    order_is_sound(state, quantity, delivered_quantity, amount, refunded, cardinality(seqs))) NOT VALID;

-- I10: what kinds there are, and which way each moves the money.
CREATE FUNCTION entry_is_signed(p_kind text, p_amount bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE p_kind WHEN 'charge' THEN p_amount <= 0 WHEN 'adjustment' THEN true
                       WHEN 'deposit' THEN p_amount >= 0 WHEN 'refund' THEN p_amount >= 0 ELSE false END;
END $$;

-- A run of entries in one row: charges of several orders, an amount each.
CREATE FUNCTION entry_is_run(p_kind text, p_order bigint, p_orders integer, p_amounts integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE WHEN p_orders IS NULL THEN p_amounts IS NULL
                ELSE p_kind = 'charge' AND p_order IS NULL AND p_orders > 1 AND p_amounts IS NOT DISTINCT FROM p_orders END;
END $$;
ALTER TABLE entry
    ADD CONSTRAINT entry_sound CHECK (entry_is_signed(kind, amount)) NOT VALID,
    ADD CONSTRAINT entry_runs CHECK (entry_is_run(kind, order_id, cardinality(order_ids), cardinality(amounts))) NOT VALID;

-- An account counts on, and is not moved to somebody else.
CREATE FUNCTION count_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last_entry < OLD.last_entry OR NEW.partner_id <> OLD.partner_id OR NEW.currency <> OLD.currency
       OR (NEW.balance <> OLD.balance AND NEW.last_entry = OLD.last_entry) THEN
        RAISE EXCEPTION '% does not go back', TG_TABLE_NAME USING ERRCODE = 'QG003';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER account_counts BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION count_on();

-- I13: a chain grows link by link.
CREATE FUNCTION grow_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.chain <> OLD.chain OR NEW.height <> OLD.height + 1 THEN
        RAISE EXCEPTION '% does not go back', TG_TABLE_NAME USING ERRCODE = 'QG003';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER head_grows BEFORE UPDATE ON reveal_head FOR EACH ROW EXECUTE FUNCTION grow_by_one();
