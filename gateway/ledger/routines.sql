-- The entries of an account numbered p_lo <= seq < p_hi; costs what it returns, and the ends of two runs.
CREATE FUNCTION entries_between(p_partner bigint, p_lo bigint, p_hi bigint)
RETURNS TABLE (seq bigint, kind text, amount bigint, balance_after bigint, order_id bigint, reference text, created_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT one.* FROM entry e CROSS JOIN LATERAL entries_of(e) AS one
    WHERE e.partner_id = p_partner AND e.seq >= p_lo
      AND e.seq <= coalesce((SELECT min(last.seq) FROM entry last WHERE last.partner_id = p_partner AND last.seq >= p_hi - 1), p_hi)
      AND one.seq >= p_lo AND one.seq < p_hi
$$;

-- Whether what is available fell below what is set, or to nothing where that is not; see
-- partners/administer.py, which asks the same of what operators do.
CREATE FUNCTION fell_low(p_before bigint, p_after bigint, p_low bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_after <= coalesce(p_low - 1, 0) AND p_before > coalesce(p_low - 1, 0)
$$;

-- The webhook balance.low to those of these partners who have an endpoint. Called when `available`
-- has just fallen to 0, or below what is set for the partner: once until money comes in.
CREATE FUNCTION tell_balance_low(p_partners bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT a.*, name_of_partner(a.partner_id) AS name FROM account a
               WHERE a.partner_id = ANY (p_partners) ORDER BY a.partner_id LOOP
        PERFORM tell_partner(one.partner_id, 'balance.low', jsonb_build_object(
            'partner', one.name, 'balance', one.balance, 'credit_limit', one.credit_limit, 'available', one.balance + one.credit_limit, 'currency', one.currency), NULL);
    END LOOP;
END $$;

-- Charges the accounts for the lines of a commit: one run of entries each. Tells those that have
-- nothing left now, or little, and says how many. The caller holds the accounts and has seen that they can pay.
CREATE FUNCTION charge(p_lines integer[], p_partner bigint[], p_id bigint[], p_amount bigint[], p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    emptied bigint[];
BEGIN
    WITH charged AS MATERIALIZED (
        SELECT p_partner[i] AS partner, array_agg(p_id[i]) AS ids, array_agg(-p_amount[i]) AS amounts,
               sum(p_amount[i])::bigint AS total, count(*) AS orders
        FROM unnest(p_lines) AS i GROUP BY 1
    ), noted AS (
        INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, order_ids, amounts, created_at)
        SELECT c.partner, a.last_entry + c.orders, 'charge', -c.total, a.balance - c.total,
               CASE WHEN c.orders = 1 THEN c.ids[1] END, CASE WHEN c.orders > 1 THEN c.ids END,
               CASE WHEN c.orders > 1 THEN c.amounts END, p_now
        FROM charged c JOIN account a ON a.partner_id = c.partner
    ), moved AS (
        UPDATE account a SET balance = a.balance - c.total, last_entry = a.last_entry + c.orders
        FROM charged c WHERE a.partner_id = c.partner
        RETURNING a.partner_id, fell_low(a.balance + c.total + a.credit_limit, a.balance + a.credit_limit, a.low) AS emptied
    )
    SELECT array_agg(m.partner_id) INTO emptied FROM moved m WHERE m.emptied;
    IF emptied IS NOT NULL THEN
        PERFORM tell_balance_low(emptied);
    END IF;
    RETURN coalesce(cardinality(emptied), 0);
END $$;

-- Charges one account for orders, which it locks, if it has that much: one run of entries. False: it
-- has not, and nothing was done. Tells its partner when nothing is left, or little.
CREATE FUNCTION charge_account(p_partner bigint, p_id bigint[], p_amount bigint[], p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    orders integer := cardinality(p_id);
    total  bigint := p_amount[1];
    paid   record;
BEGIN
    IF orders > 1 THEN
        total := (SELECT sum(amount) FROM unnest(p_amount) AS amount);
    END IF;
    UPDATE account a SET balance = a.balance - total, last_entry = a.last_entry + orders
    WHERE a.partner_id = p_partner AND a.balance + a.credit_limit >= total
    RETURNING a.last_entry, a.balance, a.credit_limit, a.low INTO paid;
    IF NOT FOUND THEN
        RETURN false;
    ELSIF orders = 1 THEN
        INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, created_at)
        VALUES (p_partner, paid.last_entry, 'charge', -total, paid.balance, p_id[1], p_now);
    ELSE
        INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_ids, amounts, created_at)
        VALUES (p_partner, paid.last_entry, 'charge', -total, paid.balance, p_id, ARRAY(SELECT -amount FROM unnest(p_amount) AS amount), p_now);
    END IF;
    IF fell_low(paid.balance + total + paid.credit_limit, paid.balance + paid.credit_limit, paid.low) THEN
        PERFORM tell_balance_low(ARRAY[p_partner]);
    END IF;
    RETURN true;
END $$;

-- An order that did not deliver all it was paid for, and the units of quotas that come back for it.
CREATE TYPE refunded_order AS (
    partner_id bigint, id bigint, attempt_id bigint, state text, refund bigint, sku_id bigint, units integer, buyer_id text
);

-- Gives back the money for what was not delivered. settle holds the accounts' locks. Once per attempt
-- and kind: entry_reference.
CREATE FUNCTION refund_orders(p_orders refunded_order[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- LEFT JOIN: a refund without an account is an error, not a line less.
    INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, reference)
    SELECT r.partner_id, a.last_entry + row_number() OVER w, 'refund', r.refund, a.balance + sum(r.refund) OVER w,
           r.id, format('%s:%s', r.state, r.attempt_id)
    FROM unnest(p_orders) AS r LEFT JOIN LATERAL (SELECT * FROM account x WHERE x.partner_id = r.partner_id LIMIT 1) AS a ON true
    WHERE r.refund <> 0
    WINDOW w AS (PARTITION BY r.partner_id ORDER BY r.attempt_id ROWS UNBOUNDED PRECEDING);

    UPDATE account a SET balance = a.balance + d.total, last_entry = a.last_entry + d.refunds
    FROM (SELECT r.partner_id, sum(r.refund) AS total, count(*) AS refunds FROM unnest(p_orders) AS r
          WHERE r.refund <> 0 GROUP BY 1) AS d
    WHERE a.partner_id = d.partner_id;
END $$;

-- Holds accounts until the end of the transaction, as every commit of orders does. How many.
CREATE FUNCTION lock_accounts(p_partner bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    locked bigint;
BEGIN
    PERFORM FROM account WHERE partner_id = ANY (p_partner) ORDER BY partner_id FOR NO KEY UPDATE;
    GET DIAGNOSTICS locked = ROW_COUNT;
    RETURN locked;
END $$;
