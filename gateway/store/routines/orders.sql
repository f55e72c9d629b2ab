-- An order as gateway/domain/order_record.py has it.
CREATE TYPE order_record AS (
    partner_id bigint, id bigint, out_order_no text, content_hash bytea, sku_id bigint, quantity integer, amount bigint,
    state text, delivered_quantity integer, pool_id bigint, seqs bigint[], account text, metadata text, failure text,
    created_at timestamptz, updated_at timestamptz
);

-- Orders by partner and id; those not there are missing.
CREATE FUNCTION read_orders(p_partner bigint[], p_id bigint[]) RETURNS SETOF order_record LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT o.partner_id, o.id, o.out_order_no, o.content_hash, o.sku_id, o.quantity, o.amount, o.state, o.delivered_quantity,
           o.pool_id, o.seqs, o.account, o.metadata, o.failure, o.created_at, o.updated_at
    FROM unnest(p_partner, p_id) AS wanted (partner_id, id)
    CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = wanted.partner_id
                        AND x.id BETWEEN wanted.id AND wanted.id ORDER BY x.id LIMIT 1) AS o;  -- by the key: see judge_turn
END $$;
