-- What is held of a pool: taken from what is free, given back to it.

-- Locks the pool, gives back what is due, and says what it has.
CREATE FUNCTION open_hold_stock(p_pool bigint) RETURNS hold_stock LANGUAGE plpgsql AS $$
DECLARE
    stock hold_stock;
BEGIN
    stock.size := lock_pool(p_pool);
    PERFORM expire_holds(p_pool);
    SELECT h.held_at_most INTO stock.held FROM hold_pool h WHERE h.pool_id = p_pool;
    IF NOT FOUND THEN
        INSERT INTO hold_pool (pool_id) VALUES (p_pool);
        stock.held := 0;
    END IF;
    stock.unsold := free_codes(p_pool) + stock.held;
    stock.is_exact := false;
    RETURN stock;
END $$;

-- The same, exactly, after p_taken codes were taken and p_used of them given to holds.
CREATE FUNCTION count_hold_stock(p_pool bigint, p_shelf bigint, p_life_days integer, p_size bigint, p_taken integer, p_used integer) RETURNS hold_stock LANGUAGE plpgsql AS $$
DECLARE
    stock hold_stock;
    codes record;
    held  bigint;
BEGIN
    SELECT * INTO codes FROM unsold_codes(p_pool);
    SELECT count(*) INTO held FROM held_code c WHERE c.pool_id = p_pool;
    stock.size := p_size;
    stock.unsold := codes.free + codes.leased + held + p_taken;
    stock.held := held + p_used;
    -- What is kept off sale comes back by a person's hand: it is not sold out either.
    stock.is_leased := is_leased(p_pool, p_shelf, p_life_days) OR withheld_of(p_pool, p_shelf) > 0;
    stock.is_exact := true;
    RETURN stock;
END $$;

-- Takes as many codes as all lines want, or as there are: none that expires before its hold.
CREATE FUNCTION take_hold_codes(p_pool bigint, p_shelf bigint, p_life_days integer, p_lines hold_line[], p_now timestamptz) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    wanted record;
BEGIN
    SELECT sum(l.quantity) AS codes, max(l.ttl_s) AS ttl_s INTO wanted FROM unnest(p_lines) AS l;
    RETURN take_or_borrow(p_pool, p_shelf, wanted.codes, p_life_days, p_now + make_interval(secs => wanted.ttl_s));
END $$;

-- The codes of what was made are held from now on, and their records are told; p_used are those codes as
-- they were handed out, p_rest goes back.
CREATE FUNCTION hold_codes(p_pool bigint, p_lines hold_line[], p_answers hold_answer[], p_held bigint, p_used bigint[], p_rest bigint[])
RETURNS hold_answer[] LANGUAGE plpgsql AS $$
DECLARE
    sealed bytea[] := records_of(p_pool, p_used);
BEGIN
    INSERT INTO held_code (pool_id, seq, partner_id, hold_id)
    SELECT p_pool, seq, l.partner_id, l.id
    FROM unnest(p_lines) WITH ORDINALITY AS l JOIN unnest(p_answers) WITH ORDINALITY AS a ON a.ordinality = l.ordinality
    CROSS JOIN LATERAL unnest(a.seqs) AS seq WHERE a.outcome = 1;
    UPDATE hold_pool SET held_at_most = p_held WHERE pool_id = p_pool;
    IF cardinality(p_rest) > 0 THEN
        PERFORM put_back(p_pool, p_rest);
    END IF;
    RETURN ARRAY(
        SELECT (a.outcome, a.known, a.why, a.after_s, a.expires_at, a.seqs, sealed[a.upto - cardinality(a.seqs) + 1 : a.upto],
                a.refused, a.left_over)::hold_answer
        FROM (SELECT x.*, coalesce(sum(cardinality(x.seqs)) OVER (ORDER BY x.ordinality), 0)::integer AS upto
              FROM unnest(p_answers) WITH ORDINALITY AS x) AS a ORDER BY a.ordinality);
END $$;
