-- Making holds: one call makes a batch of them durable, for goods of one shelf (or of none: counted
-- ones) that last as long. Per line an outcome, by the numbers of gateway/orders/rules.py (LineOutcome): 1 held, 2 held
-- before under this number, 3 the number has other content, 5 a quota is used up, 6 sold out, 7 only held
-- codes are left, 11 the campaign is not open, 13 units of a total lie with others just now: try again,
-- 14 holds that are over have units: give them back, and try again,
-- 23 a budget is used up, 24 codes lie with workers: they are to be asked back, 30 its pass is used, 31 it is
-- for buyers who never bought, and this one did. Only what is held leaves anything behind.
--
-- Locks, in this order: the partners' rows, addresses, the pool, accounts (for passes, and for campaigns for
-- newcomers), counts of quotas. A confirm holds none but the last two.

-- What became of a line. `known` is the hold that has the number; `why` the budget that is used up;
-- `after_s` when the first hold ends that counts there; `refused` the quota that is used up, and
-- `left_over` what it has left.
CREATE TYPE hold_answer AS (
    outcome integer, known bigint, why text, after_s integer, expires_at timestamptz, seqs bigint[], records bytea[],
    refused bigint, left_over bigint
);
CREATE TYPE hold_line AS (
    partner_id bigint, id bigint, out_hold_no text, content_hash bytea, sku_id bigint, quantity integer, amount bigint, ttl_s integer,
    account text, buyer_id text, buyer_ip text, details text, opens timestamptz, closes timestamptz, quotas text,
    room bigint, pass bigint                      -- of a waiting room; NULL, none
);
CREATE TYPE hold_limits AS (per_buyer integer, per_ip integer, per_partner integer, pool_percent integer, min_ttl_s integer);

-- What a pool has while a batch of holds is made: how many codes it ever had, how many are not sold, of
-- these how many are held; whether workers have some that they could be asked for. Not exact: then `held` is never less and `unsold` never
-- more by more than that, so what is within the share by them is within it.
CREATE TYPE hold_stock AS (size bigint, unsold bigint, held bigint, is_leased boolean, is_exact boolean);

-- The counts that lines ask of quotas come by quotas/counting.py.
CREATE FUNCTION hold_goods(
    p_pool bigint, p_shelf bigint, p_life_days integer, p_limits hold_limits, p_lines hold_line[],
    p_count_quota bigint[], p_count_subject text[], p_count_wanted bigint[], p_ask_line integer[], p_ask_place integer[],
    OUT made_at timestamptz, OUT answers hold_answer[]
) LANGUAGE plpgsql AS $$
DECLARE
    one   hold_line;
    said  hold_answer;
    stock hold_stock;
    taken bigint[] := '{}';                       -- codes for these lines, handed out in order
    used  integer := 0;
    made  bigint[] := '{}';                       -- the partner of each that was made
    units hold_units;                             -- of quotas; its counts NULL: none are asked
    seen  hold_seen[];
    twins boolean := have_twins(p_lines);
    passes integer[];                             -- 30 where the pass is used; NULL: there are none
BEGIN
    made_at := now();
    PERFORM lock_hold_owners(p_pool, p_lines);
    seen := look_at_holds(p_lines, made_at);
    passes := judge_hold_passes(p_lines);
    IF p_pool IS NOT NULL THEN
        stock := open_hold_stock(p_pool);
        taken := take_hold_codes(p_pool, p_shelf, p_life_days, p_lines, made_at);
    END IF;
    IF cardinality(p_count_quota) > 0 THEN
        units := open_hold_units(p_count_quota, p_count_subject, p_count_wanted, p_ask_line, p_ask_place, p_lines, made_at);
    END IF;
    FOR i IN 1 .. cardinality(p_lines) LOOP
        one := p_lines[i];
        IF twins THEN
            seen[i] := (look_at_holds(p_lines[i : i], made_at))[1];
        END IF;
        said := judge_hold(one, seen[i], p_limits, made, made_at);
        IF said.outcome = 1 AND passes[i] = 30 THEN
            said.outcome := 30;
        END IF;
        IF units.counts IS NOT NULL THEN
            said := judge_hold_units(said, i, units);
        END IF;
        IF said.outcome = 1 AND p_pool IS NOT NULL THEN
            IF NOT stock.is_exact AND (one.quantity > cardinality(taken) - used
                                       OR stock.held + one.quantity > share_of(p_limits.pool_percent, stock.unsold)) THEN
                stock := count_hold_stock(p_pool, p_shelf, p_life_days, stock.size, cardinality(taken), used);
            END IF;
            said := judge_hold_stock(said, p_pool, one.quantity, p_limits.pool_percent, stock, cardinality(taken) - used);
        END IF;
        IF said.outcome = 1 THEN
            said.expires_at := made_at + make_interval(secs => hold_ttl(one.ttl_s, p_limits.min_ttl_s, stock));
            IF p_pool IS NOT NULL THEN
                said.seqs := taken[used + 1 : used + one.quantity];
                used := used + one.quantity;
                stock.held := stock.held + one.quantity;
            END IF;
            made := made || one.partner_id;
            IF units.counts IS NOT NULL THEN
                units.have := have_less(i, units);
            END IF;
        END IF;
        answers := answers || said;
        IF twins OR i = cardinality(p_lines) THEN  -- the next may be about this one; else all together
            PERFORM insert_holds(p_pool, p_lines, answers, CASE WHEN twins THEN i ELSE 1 END, made_at);
        END IF;
    END LOOP;
    PERFORM count_what_is_held(p_lines, answers, made, passes, units, made_at);
    IF p_pool IS NOT NULL THEN
        answers := hold_codes(p_pool, p_lines, answers, stock.held, taken[: used], taken[used + 1 :]);
    END IF;
END $$;

-- Holds of one partner, and of one address, come one by one; some with its orders.
CREATE FUNCTION lock_hold_owners(p_pool bigint, p_lines hold_line[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    partners bigint[] := ARRAY(SELECT DISTINCT l.partner_id FROM unnest(p_lines) AS l ORDER BY 1);
    place    integer;
BEGIN
    IF cardinality(partners) <> (SELECT count(*) FROM hold_partner h WHERE h.partner_id = ANY (partners)) THEN
        INSERT INTO hold_partner (partner_id) SELECT unnest(partners) ON CONFLICT DO NOTHING;
    END IF;
    PERFORM FROM hold_partner h WHERE h.partner_id = ANY (partners) ORDER BY h.partner_id FOR NO KEY UPDATE;
    FOR place IN SELECT DISTINCT hashtext(l.buyer_ip) FROM unnest(p_lines) AS l WHERE l.buyer_ip IS NOT NULL ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock(20808, place);  -- "QH"
    END LOOP;
    PERFORM lock_hold_accounts(p_pool, p_lines);
END $$;

-- Whether some lines are about the same number, buyer or address: then they are made one by one.
CREATE FUNCTION have_twins(p_lines hold_line[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(*) > count(DISTINCT (l.partner_id, l.out_hold_no)) OR count(l.buyer_ip) > count(DISTINCT l.buyer_ip)
                   OR count(l.buyer_id) > count(DISTINCT (l.partner_id, l.buyer_id)) FILTER (WHERE l.buyer_id IS NOT NULL)
            FROM unnest(p_lines) AS l);
END $$;

-- Writes down those of the answered lines that are made, from p_from on.
CREATE FUNCTION insert_holds(p_pool bigint, p_lines hold_line[], p_answers hold_answer[], p_from integer, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hold (partner_id, id, out_hold_no, content_hash, sku_id, quantity, amount, pool_id, seqs, account, buyer_id,
                      buyer_ip, details, expires_at, created_at, updated_at)
    SELECT l.partner_id, l.id, l.out_hold_no, l.content_hash, l.sku_id, l.quantity, l.amount, p_pool, a.seqs,
           l.account, l.buyer_id, l.buyer_ip, l.details, a.expires_at, p_now, p_now
    FROM unnest(p_lines) WITH ORDINALITY AS l JOIN unnest(p_answers) WITH ORDINALITY AS a ON a.ordinality = l.ordinality
    WHERE a.ordinality >= p_from AND a.outcome = 1;
END $$;

-- Counts what was made towards its partners' budgets; it uses up its passes, and takes its units.
CREATE FUNCTION count_what_is_held(
    p_lines hold_line[], p_answers hold_answer[], p_made bigint[], p_passes integer[], p_units hold_units, p_now timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_passes IS NOT NULL THEN
        PERFORM use_hold_passes(p_lines, p_answers);
    END IF;
    IF p_units.counts IS NOT NULL THEN
        PERFORM take_hold_units(p_lines, p_answers, p_units, p_now);
    END IF;
    IF cardinality(p_made) > 0 THEN
        UPDATE hold_partner h SET open_at_most = h.open_at_most + m.n
        FROM (SELECT p, count(*) AS n FROM unnest(p_made) AS p GROUP BY p) AS m WHERE h.partner_id = m.p;
    END IF;
END $$;

-- How long: as asked for, but shorter with what is left once most of the share is held and less than
-- half of the pool is left.
CREATE FUNCTION hold_ttl(p_ttl_s integer, p_min_ttl_s integer, p_stock hold_stock) RETURNS double precision LANGUAGE plpgsql AS $$
BEGIN
    IF p_stock.is_exact IS NOT TRUE OR 2 * p_stock.unsold >= p_stock.size THEN
        RETURN p_ttl_s;
    END IF;
    RETURN least(p_ttl_s, greatest(p_min_ttl_s, p_ttl_s * 2.0 * p_stock.unsold / p_stock.size));
END $$;
