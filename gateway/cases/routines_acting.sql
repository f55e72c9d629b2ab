-- What an approved case does, in the transaction that approved it: codes, money, or neither. The caller holds
-- the case. Locks, in this order: the partner's day of reissues, the pool, the account, the order, leases. Of
-- those that others take, too, these take the pool first and the order last; a commit that has a lease
-- waits for accounts alone, so no lease is called back while one is held.

-- Strikes out codes of an order and gives it others of the same pool. `outcome`: reissued, or what stands in
-- the way, and then nothing was done: sold-out, no-codes, struck-out (none of those asked for stands).
CREATE FUNCTION reissue_codes(p_partner bigint, p_case bigint, OUT outcome text, OUT codes integer) LANGUAGE plpgsql AS $$
DECLARE
    c      service_case%ROWTYPE;
    v_pool bigint;
    sold   order_sold;
    places integer[];
    old    bigint[];
    new    bigint[];
BEGIN
    SELECT * INTO c FROM service_case x WHERE x.partner_id = p_partner AND x.id = p_case;
    c.quantity := coalesce(c.quantity, CASE WHEN c.position IS NOT NULL THEN 1 END);  -- a place is just one
    PERFORM hold_reissue_day(c.partner_id);
    v_pool := pool_of_order(c.partner_id, c.order_id);
    IF v_pool IS NULL THEN
        outcome := 'no-codes';
        RETURN;
    END IF;
    PERFORM lock_pool(v_pool);                    -- whoever changes an order's codes has it: they stay as they are read
    sold := hold_order(c.partner_id, c.order_id);
    places := standing_codes(v_pool, sold.seqs, c.position, c.quantity);
    IF sold.state NOT IN ('delivered', 'partial') OR cardinality(places) = 0 OR cardinality(places) < c.quantity THEN
        outcome := 'struck-out';
        RETURN;
    END IF;
    old := ARRAY(SELECT sold.seqs[p + 1] FROM unnest(places) WITH ORDINALITY AS x (p, n) ORDER BY n);
    new := give_others(v_pool, old[1], cardinality(old), c.order_id);
    IF new IS NULL THEN
        outcome := 'sold-out';
        RETURN;
    END IF;
    PERFORM strike_codes(v_pool, old, c.order_id, format('replaced, case %s', c.id));
    INSERT INTO reissue (partner_id, order_id, position, pool_id, old_seq, new_seq, case_id)
    SELECT c.partner_id, c.order_id, x.place, v_pool, x.old, x.new, c.id FROM unnest(places, old, new) AS x (place, old, new);
    PERFORM replace_codes(c.partner_id, c.order_id, places, new);
    PERFORM tell_order(c.partner_id, c.order_id, 'order.reissued', sold.notify_url);
    UPDATE reissue_day d SET cases = d.cases + 1
    WHERE d.partner_id = c.partner_id AND d.day = (now() AT TIME ZONE zone_of(c.partner_id, now()))::date;
    outcome := 'reissued';
    codes := cardinality(places);
END $$;

-- Gives money back for an order, codes struck out first. `outcome`: refunded, or what stands in the way, and
-- then nothing was done: under-way (it is not delivered), nothing-left (it was all given back), too-much
-- (more than is left), struck-out (fewer pieces are left than asked for).
CREATE FUNCTION refund_case(p_partner bigint, p_case bigint, OUT outcome text, OUT paid bigint) LANGUAGE plpgsql AS $$
DECLARE
    c       service_case%ROWTYPE;
    v_pool  bigint;
    strikes boolean;
    sold    order_sold;
    places  integer[] := '{}';
    pieces  integer;
    taken_back boolean := false;
BEGIN
    SELECT * INTO c FROM service_case x WHERE x.partner_id = p_partner AND x.id = p_case;
    c.quantity := coalesce(c.quantity, CASE WHEN c.position IS NOT NULL THEN 1 END);  -- a place is just one
    v_pool := pool_of_order(c.partner_id, c.order_id);
    strikes := v_pool IS NOT NULL AND c.keep_codes IS NULL AND (c.amount IS NULL OR c.void);
    IF v_pool IS NOT NULL THEN
        PERFORM lock_pool(v_pool);
    END IF;
    PERFORM lock_accounts(ARRAY[c.partner_id]);
    sold := hold_order(c.partner_id, c.order_id);
    pieces := CASE WHEN c.amount IS NOT NULL THEN 0 ELSE coalesce(c.quantity, sold.delivered - sold.returned) END;
    paid := refund_due(sold, c.quantity, c.amount);
    outcome := CASE WHEN sold.state IN ('processing', 'uncertain') THEN 'under-way'
                    WHEN sold.state NOT IN ('delivered', 'partial') OR sold.refunded = sold.amount THEN 'nothing-left'
                    WHEN paid > sold.amount - sold.refunded OR paid <= 0 THEN 'too-much'
                    WHEN pieces > sold.delivered - sold.returned THEN 'struck-out' END;
    IF strikes AND outcome IS NULL THEN
        places := standing_codes(v_pool, sold.seqs, c.position, c.quantity);
        IF cardinality(places) < c.quantity THEN
            outcome := 'struck-out';
        ELSIF cardinality(places) > 0 THEN
            PERFORM strike_codes(v_pool, ARRAY(SELECT sold.seqs[p + 1] FROM unnest(places) AS p), c.order_id, format('refunded, case %s', c.id));
        END IF;
    END IF;
    IF outcome IS NOT NULL THEN
        paid := 0;
        RETURN;
    END IF;
    taken_back := v_pool IS NOT NULL AND sold.refunded + paid = sold.amount AND standing_codes(v_pool, sold.seqs, NULL, 1) = '{}';
    PERFORM note_refund(c.partner_id, c.order_id, paid, pieces, taken_back);
    PERFORM refund_orders(ARRAY[(c.partner_id, c.order_id, c.id, 'case', paid, sold.sku_id, pieces, NULL)::refunded_order]);
    IF taken_back THEN
        PERFORM give_back_units(ARRAY[c.partner_id], ARRAY[c.order_id], ARRAY[NULL::integer], ARRAY[true]);
        PERFORM tell_order(c.partner_id, c.order_id, 'order.reversed', sold.notify_url);
    ELSIF pieces > 0 THEN
        PERFORM give_back_units(ARRAY[c.partner_id], ARRAY[c.order_id], ARRAY[pieces], ARRAY[true]);
    END IF;
    outcome := 'refunded';
END $$;
