-- The first step of settling purchases: locks the pools, then the attempts, and says of each line
-- (its attempt, the fingerprints of its codes) what is to be done:
--   open       store its codes and settle it with them
--   closed     the attempt has ended already (or this very call ends it): settle it without codes
--   duplicate  a code of it is known: `twin` says from where; nothing of it may be delivered
-- Locks pools and attempts in id order.
CREATE FUNCTION open_purchases(p_attempt bigint[], p_pool bigint[], c_line integer[], c_fingerprint uuid[])
RETURNS TABLE (line bigint, verdict text, twin text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM pool WHERE id = ANY (p_pool) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM attempt WHERE id = ANY (p_attempt) ORDER BY id FOR NO KEY UPDATE;
    RETURN QUERY
    WITH bought AS MATERIALIZED (
        SELECT u.line, a.state IN ('created', 'accepted', 'uncertain')
                       AND row_number() OVER (PARTITION BY u.attempt ORDER BY u.line) = 1 AS is_open
        FROM unnest(p_attempt) WITH ORDINALITY AS u (attempt, line) JOIN attempt a ON a.id = u.attempt
    ), given AS MATERIALIZED (
        SELECT c.line, c.fingerprint, row_number() OVER (PARTITION BY c.fingerprint ORDER BY c.nth) > 1 AS is_repeated
        FROM unnest(c_line, c_fingerprint) WITH ORDINALITY AS c (line, fingerprint, nth)
        JOIN bought b ON b.line = c.line WHERE b.is_open
    ), known AS MATERIALIZED (
        SELECT g.line, min(coalesce('attempt ' || b.attempt_id, 'pool ' || p.name, 'another code of the same moment')) AS twin
        FROM given g
        LEFT JOIN LATERAL (SELECT x.attempt_id FROM bought_code x WHERE x.fingerprint = g.fingerprint LIMIT 1) AS b ON true
        LEFT JOIN LATERAL (SELECT x.pool_id FROM code_fingerprint x WHERE x.fingerprint = g.fingerprint LIMIT 1) AS f ON true
        LEFT JOIN pool p ON p.id = f.pool_id
        WHERE g.is_repeated OR b.attempt_id IS NOT NULL OR f.pool_id IS NOT NULL
        GROUP BY g.line
    )
    SELECT b.line, CASE WHEN NOT b.is_open THEN 'closed' WHEN k.line IS NOT NULL THEN 'duplicate' ELSE 'open' END, k.twin
    FROM bought b LEFT JOIN known k ON k.line = b.line ORDER BY b.line;
END $$;

-- The last step, after settle: the orders of the attempts have their codes. Makes void what came
-- beyond the ordered quantity (s_…: one row per code), parks those orders for a person, and adds
-- the link of the chain that records which codes went to which order (I13). QG004: an order did
-- not get its codes, QG007: one of what came beyond is somebody's (I1's guard); nothing of the
-- transaction may stay.
CREATE FUNCTION close_purchases(p_chain integer, p_attempt bigint[], s_attempt bigint[], s_pool bigint[], s_seq bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_commit_no bigint;
    sold        bigint[];
    delivered   bigint;
    summary     bytea;
BEGIN
    SELECT array_agg(DISTINCT o.id), count(DISTINCT o.id),
           sha256(array_send(array_agg(o.id ORDER BY o.id, n)) || array_send(array_agg(seq ORDER BY o.id, n)))
    INTO sold, delivered, summary
    FROM attempt a JOIN orders o ON o.partner_id = a.partner_id AND o.id = a.order_id
         AND o.state IN ('delivered', 'partial') AND o.seqs IS NOT NULL, unnest(o.seqs) WITH ORDINALITY AS code (seq, n)
    WHERE a.id = ANY (p_attempt);
    IF delivered <> cardinality(p_attempt) THEN
        RAISE EXCEPTION 'bought codes would belong to no order' USING ERRCODE = 'QG004';
    END IF;
    v_commit_no := append_reveal(NULL, p_chain, 'purchase', NULL, summary);
    UPDATE orders o SET commit_no = v_commit_no FROM attempt a
    WHERE a.id = ANY (p_attempt) AND o.partner_id = a.partner_id AND o.id = a.order_id AND o.id = ANY (sold);
    PERFORM bind_surplus(s_pool, s_seq);
    INSERT INTO code_void (pool_id, seq, reason)
    SELECT s.pool_id, s.seq, format('surplus of attempt %s', s.attempt)
    FROM unnest(s_attempt, s_pool, s_seq) AS s (attempt, pool_id, seq);
    UPDATE orders o SET parked = s.note FROM attempt a
    JOIN (SELECT u.attempt, format('the upstream sold %s more codes than ordered, now void: pool %s, numbers %s',
                                   count(*), min(p.name), string_agg(u.seq::text, ', ' ORDER BY u.seq)) AS note
          FROM unnest(s_attempt, s_pool, s_seq) AS u (attempt, pool_id, seq) JOIN pool p ON p.id = u.pool_id GROUP BY 1) AS s
      ON s.attempt = a.id
    WHERE o.partner_id = a.partner_id AND o.id = a.order_id;
END $$;

-- Binds codes that came beyond the ordered quantity to nobody. How many. QG007 as in bind_bought_codes.
CREATE FUNCTION bind_surplus(p_pool bigint[], p_seq bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    bound bigint;
    why   text;
BEGIN
    INSERT INTO allocation (pool_id, seq) SELECT * FROM unnest(p_pool, p_seq);
    GET DIAGNOSTICS bound = ROW_COUNT;
    RETURN bound;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'a surplus code is sold' USING ERRCODE = 'QG007', DETAIL = why;
END $$;
