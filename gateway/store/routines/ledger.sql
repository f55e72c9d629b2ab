-- The entries of an account numbered p_lo <= seq < p_hi; costs what it returns, and the ends of two runs.
CREATE FUNCTION entries_between(p_partner bigint, p_lo bigint, p_hi bigint)
RETURNS TABLE (seq bigint, kind text, amount bigint, balance_after bigint, order_id bigint, reference text, created_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT one.* FROM entry e CROSS JOIN LATERAL entries_of(e) AS one
    WHERE e.partner_id = p_partner AND e.seq >= p_lo
      AND e.seq <= coalesce((SELECT min(last.seq) FROM entry last WHERE last.partner_id = p_partner AND last.seq >= p_hi - 1), p_hi)
      AND one.seq >= p_lo AND one.seq < p_hi
$$;

-- A message id as workers make theirs (engine/src/order_id.rs), under a slot that nobody holds.
CREATE FUNCTION message_id() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (((extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1735689600000) << 22) + (nextval('worker_slot') << 12)
$$;

-- The webhook balance.low to those of these partners who have an endpoint. Called when `available`
-- has just fallen to 0, which happens once until money comes in.
CREATE FUNCTION tell_balance_low(p_partners bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO webhook (id, partner_id, type, sequence, body, next_attempt_at)
    SELECT message_id(), a.partner_id, 'balance.low', 0,
           convert_to(jsonb_build_object(
               'type', 'balance.low', 'sequence', 0,
               'timestamp', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
               'data', jsonb_build_object('balance', a.balance, 'credit_limit', a.credit_limit,
                                          'available', a.balance + a.credit_limit, 'currency', a.currency))::text, 'UTF8'),
           now()
    FROM account a JOIN webhook_endpoint e ON e.partner_id = a.partner_id AND e.disabled_at IS NULL
    WHERE a.partner_id = ANY (p_partners)
$$;
