-- What after-sales cases do to an order (gateway/cases). Whoever calls these has decided it.

-- An order with its codes of today.
CREATE TYPE order_sold AS (
    partner_id bigint, id bigint, sku_id bigint, quantity integer, amount bigint, refunded bigint, currency text, state text,
    delivered integer, returned integer, pool_id bigint, seqs bigint[], account text, notify_url text, created_at timestamptz
);
CREATE FUNCTION see_order(p_partner bigint, p_order bigint) RETURNS order_sold LANGUAGE plpgsql STABLE AS $$
DECLARE
    sold order_sold;
BEGIN
    SELECT o.partner_id, o.id, o.sku_id, o.quantity, o.amount, o.refunded, o.currency, o.state, o.delivered_quantity, coalesce(o.returned, 0),
           o.pool_id, coalesce(o.current_seqs, o.seqs), coalesce(o.recipient, o.account), o.details::json ->> 'notify_url', o.created_at
    INTO sold FROM orders o WHERE o.partner_id = p_partner AND o.id = p_order;
    RETURN sold;
END $$;

-- The same, the caller's until the end of its transaction.
CREATE FUNCTION hold_order(p_partner bigint, p_order bigint) RETURNS order_sold LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM orders o WHERE o.partner_id = p_partner AND o.id = p_order FOR NO KEY UPDATE;
    RETURN see_order(p_partner, p_order);
END $$;

-- Others stand in the places (from 0) of an order's codes.
CREATE FUNCTION replace_codes(p_partner bigint, p_order bigint, p_places integer[], p_seqs bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders o SET updated_at = now(), replaced = coalesce(o.replaced, 0) + cardinality(p_places), current_seqs = ARRAY(
        SELECT coalesce(p_seqs[array_position(p_places, (s.n - 1)::integer)], s.seq)
        FROM unnest(coalesce(o.current_seqs, o.seqs)) WITH ORDINALITY AS s (seq, n) ORDER BY s.n)
    WHERE o.partner_id = p_partner AND o.id = p_order;
END $$;

-- What comes back of an order's amount for so many pieces (NULL: all), or as so much; at most what is left
-- of it. The last pieces get what is left, so that nothing stays behind of rounding.
CREATE FUNCTION refund_due(o order_sold, p_pieces integer, p_amount bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE WHEN p_amount IS NOT NULL THEN p_amount
                WHEN p_pieces IS NULL OR o.returned + p_pieces >= o.delivered THEN o.amount - o.refunded
                ELSE least(o.amount - o.refunded, o.amount * p_pieces / o.quantity) END;
END $$;

-- Money comes back for an order, and with p_reverses all that was delivered is taken back. orders_quantity
-- refuses more than was charged.
CREATE FUNCTION note_refund(p_partner bigint, p_order bigint, p_amount bigint, p_pieces integer, p_reverses boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders o SET refunded = o.refunded + p_amount, returned = coalesce(o.returned, 0) + p_pieces, updated_at = now(),
        state = CASE WHEN p_reverses THEN 'reversed' ELSE o.state END,
        failure = CASE WHEN p_reverses THEN '{"code":"reversed","detail":"refunded by a case, its codes struck out"}' ELSE o.failure END
    WHERE o.partner_id = p_partner AND o.id = p_order;
END $$;

-- The number of an order's next message.
CREATE FUNCTION next_event(p_partner bigint, p_order bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    nth integer;
BEGIN
    UPDATE orders o SET last_event = o.last_event + 1 WHERE o.partner_id = p_partner AND o.id = p_order RETURNING o.last_event INTO nth;
    RETURN nth;
END $$;

-- Where an order's messages go, if it said so.
CREATE FUNCTION notify_url_of(p_partner bigint, p_order bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT o.details::json ->> 'notify_url' FROM orders o WHERE o.partner_id = p_partner AND o.id = p_order);
END $$;

-- The pool whose codes an order has; NULL: it has none.
CREATE FUNCTION pool_of_order(p_partner bigint, p_order bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT o.pool_id FROM orders o WHERE o.partner_id = p_partner AND o.id = p_order AND o.seqs IS NOT NULL);
END $$;

-- The order is for somebody else from now on; what was ordered stays written down (account).
CREATE FUNCTION set_recipient(p_partner bigint, p_order bigint, p_recipient text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders o SET recipient = p_recipient, updated_at = now() WHERE o.partner_id = p_partner AND o.id = p_order;
END $$;
