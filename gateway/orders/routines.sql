-- An order as gateway/orders/record.py has it.
CREATE TYPE order_record AS (
    partner_id bigint, id bigint, out_order_no text, content_hash bytea, sku_id bigint, quantity integer, amount bigint,
    state text, delivered_quantity integer, pool_id bigint, seqs bigint[], account text, metadata text, failure text,
    refunded bigint, replaced integer, created_at timestamptz, updated_at timestamptz
);

-- Orders by partner and id; those not there are missing.
CREATE FUNCTION read_orders(p_partner bigint[], p_id bigint[]) RETURNS SETOF order_record LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    SELECT o.partner_id, o.id, o.out_order_no, o.content_hash, o.sku_id, o.quantity, o.amount, o.state, o.delivered_quantity,
           o.pool_id, coalesce(o.current_seqs, o.seqs) AS seqs, coalesce(o.recipient, o.account) AS account, o.metadata, o.failure,
       o.refunded, coalesce(o.replaced, 0) AS replaced, o.created_at, o.updated_at
    FROM unnest(p_partner, p_id) AS wanted (partner_id, id)
    CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = wanted.partner_id
                        AND x.id BETWEEN wanted.id AND wanted.id ORDER BY x.id LIMIT 1) AS o;  -- by the key: see judge_turn
END $$;

-- Makes the orders of a commit and gives them their codes. False: a number is known after all, and
-- nothing was made; where they were looked up (p_look_up) that is the error 23505. QG007: a code is
-- somebody's already (I1's guard). One handler for both: each costs a transaction within the
-- transaction. For commit_orders alone.
CREATE FUNCTION insert_orders(
    p_lines integer[], p_outcome integer[], p_look_up boolean, p_commit_no bigint, p_now timestamptz,
    p_partner bigint[], p_id bigint[], p_out text[], p_hash bytea[], p_sku bigint[], p_quantity integer[], p_amount bigint[],
    p_pool bigint[], p_first integer[], a_line integer[], a_seq bigint[], a_lease bigint[],
    p_account text[], p_metadata text[], p_details text[], p_notify boolean[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    made bigint;                                  -- how many orders; NULL: they are what failed, else a code
    why  text;
BEGIN
    INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state,
                        delivered_quantity, pool_id, seqs, account, metadata, details, last_event,
                        commit_no, created_at, updated_at)
    SELECT p_partner[i], p_id[i], p_out[i], p_hash[i], p_sku[i], p_quantity[i], p_amount[i],
           CASE WHEN p_pool[i] IS NULL THEN 'processing' ELSE 'delivered' END,
           CASE WHEN p_pool[i] IS NULL THEN 0 ELSE p_quantity[i] END, p_pool[i],
           CASE WHEN p_pool[i] IS NULL THEN NULL WHEN p_quantity[i] = 1 THEN ARRAY[a_seq[p_first[i]]]
                ELSE a_seq[p_first[i] : p_first[i] + p_quantity[i] - 1] END,
           p_account[i], p_metadata[i], p_details[i],
           CASE WHEN p_notify[i] AND p_pool[i] IS NOT NULL THEN 1 ELSE 0 END,
           CASE WHEN p_pool[i] IS NOT NULL THEN p_commit_no END, p_now, p_now
    FROM unnest(p_lines) AS i;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF cardinality(a_line) > 0 THEN
        INSERT INTO allocation (pool_id, seq, order_id, lease_id)
        SELECT p_pool[a_line[k]], a_seq[k], p_id[a_line[k]], a_lease[k]
        FROM generate_series(1, cardinality(a_line)) AS k WHERE p_outcome[a_line[k]] = 1;
    END IF;
    RETURN true;
EXCEPTION WHEN unique_violation THEN
    IF made IS NOT NULL THEN
        GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
        RAISE EXCEPTION 'a code was about to be sold twice' USING ERRCODE = 'QG007', DETAIL = why;
    ELSIF p_look_up THEN
        RAISE;
    END IF;
    RETURN false;
END $$;

-- A step of forgetting commits from before p_cutoff; see health/routines.sql.
CREATE FUNCTION forget_commits(p_cutoff timestamptz, p_rows integer, OUT deleted bigint, OUT last bigint, OUT more boolean)
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM public.commit_batch b WHERE b.id IN (SELECT c.id FROM public.commit_batch c WHERE c.committed_at < p_cutoff LIMIT p_rows);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    last := 0;
    more := deleted = p_rows;
END $$;
