-- Whether something may be held: numbers that are known, windows, budgets. For hold_goods alone.

-- What there is about a line before anything is made: the hold that has its number, and whether it says the
-- same; how many are open of its buyer and of its address, and in how many seconds the first of them ends;
-- with how many open ones of its partner is reckoned.
CREATE TYPE hold_seen AS (
    known bigint, is_same boolean, of_buyer bigint, buyer_s integer, of_ip bigint, ip_s integer, open_at_most bigint
);

CREATE FUNCTION look_at_holds(p_lines hold_line[], p_now timestamptz) RETURNS hold_seen[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT (k.id, k.content_hash = l.content_hash, b.n, b.ends_s, a.n, a.ends_s, p.open_at_most)::hold_seen
        FROM unnest(p_lines) WITH ORDINALITY AS l
        CROSS JOIN LATERAL (SELECT h.open_at_most FROM hold_partner h WHERE h.partner_id = l.partner_id LIMIT 1) AS p
        LEFT JOIN LATERAL (SELECT h.id, h.content_hash FROM hold h
                           WHERE h.partner_id = l.partner_id AND h.out_hold_no = l.out_hold_no LIMIT 1) AS k ON true
        LEFT JOIN LATERAL (SELECT count(*) AS n, ceil(extract(epoch FROM min(h.expires_at) - p_now))::integer AS ends_s FROM hold h
                           WHERE h.partner_id = l.partner_id AND h.buyer_id = l.buyer_id AND h.state = 'held' AND h.expires_at > p_now) AS b
               ON l.buyer_id IS NOT NULL
        LEFT JOIN LATERAL (SELECT count(*) AS n, ceil(extract(epoch FROM min(h.expires_at) - p_now))::integer AS ends_s FROM hold h
                           WHERE h.buyer_ip = l.buyer_ip AND h.state = 'held' AND h.expires_at > p_now) AS a
               ON l.buyer_ip IS NOT NULL
        ORDER BY l.ordinality);
END $$;

-- What is said of a line before its goods are looked at. p_made: the partners of those just made.
CREATE FUNCTION judge_hold(p_line hold_line, p_seen hold_seen, p_limits hold_limits, p_made bigint[], p_now timestamptz) RETURNS hold_answer
LANGUAGE plpgsql AS $$
DECLARE
    said   hold_answer;
    just   bigint := cardinality(array_positions(p_made, p_line.partner_id));
    opened bigint;
BEGIN
    IF p_seen.known IS NOT NULL THEN
        said.outcome := CASE WHEN p_seen.is_same THEN 2 ELSE 3 END;
        said.known := p_seen.known;
        RETURN said;
    END IF;
    IF NOT (p_line.opens <= p_now AND p_now < p_line.closes) THEN  -- NULL: it names no campaign
        said.outcome := 11;
        RETURN said;
    END IF;
    IF p_line.opens IS NOT NULL AND is_for_newcomers(p_line.details::json ->> 'campaign') THEN
        said.outcome := judge_newcomer(p_line.partner_id, p_line.buyer_id);
        IF said.outcome <> 1 THEN
            RETURN said;
        END IF;
    END IF;
    said.outcome := 23;
    IF p_seen.of_buyer >= p_limits.per_buyer THEN
        said.why := 'buyer';
        said.after_s := p_seen.buyer_s;
        RETURN said;
    END IF;
    IF p_seen.of_ip >= p_limits.per_ip THEN
        said.why := 'ip';
        said.after_s := p_seen.ip_s;
        RETURN said;
    END IF;
    IF just + 1 + p_seen.open_at_most > p_limits.per_partner THEN  -- it may be fewer
        SELECT count(*), ceil(extract(epoch FROM min(h.expires_at) - p_now)) INTO opened, said.after_s FROM hold h
        WHERE h.partner_id = p_line.partner_id AND h.state = 'held' AND h.expires_at > p_now;
        IF opened >= p_limits.per_partner THEN
            said.why := 'partner';
            RETURN said;
        END IF;
        UPDATE hold_partner SET open_at_most = opened - just WHERE partner_id = p_line.partner_id;
    END IF;
    said.outcome := 1;
    said.after_s := NULL;
    RETURN said;
END $$;

-- Holds the accounts of lines with a pass, and of lines whose campaigns may be for buyers who never bought:
-- orders of theirs come one by one with us. The pool first, as whoever takes purchases in has it; whoever has
-- a pool may want a lease, which a commit has that waits for an account.
CREATE FUNCTION lock_hold_accounts(p_pool bigint, p_lines hold_line[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    partners bigint[] := ARRAY(SELECT DISTINCT l.partner_id FROM unnest(p_lines) AS l WHERE l.pass IS NOT NULL OR l.opens IS NOT NULL);
BEGIN
    IF cardinality(partners) > 0 AND (has_newcomers() OR EXISTS (SELECT FROM unnest(p_lines) AS l WHERE l.pass IS NOT NULL)) THEN
        IF p_pool IS NOT NULL THEN
            PERFORM lock_pool(p_pool);
        END IF;
        PERFORM lock_accounts(partners);
    END IF;
END $$;

-- Whether a buyer has an open hold.
CREATE FUNCTION holds_something(p_partner bigint, p_buyer text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM hold h WHERE h.partner_id = p_partner AND h.buyer_id = p_buyer AND h.state = 'held' AND h.expires_at > now());
END $$;

-- What is said of a line once its goods are looked at; p_at_hand: codes that can be handed out.
CREATE FUNCTION judge_hold_stock(
    p_said hold_answer, p_pool bigint, p_quantity integer, p_percent integer, p_stock hold_stock, p_at_hand integer
) RETURNS hold_answer LANGUAGE plpgsql AS $$
BEGIN
    p_said.outcome := CASE
        WHEN p_stock.is_exact AND p_stock.unsold = 0 THEN 6
        WHEN p_stock.held + p_quantity > share_of(p_percent, p_stock.unsold) THEN 23
        WHEN p_quantity <= p_at_hand THEN 1
        WHEN p_stock.is_leased THEN 24
        WHEN p_stock.held > 0 THEN 7
        ELSE 6 END;
    IF p_said.outcome IN (7, 23) THEN
        p_said.why := 'pool';
        IF p_said.outcome = 23 AND p_quantity > share_of(p_percent, p_stock.unsold) THEN
            p_said.why := 'share';  -- the end of other holds changes nothing about that
        ELSE
            p_said.after_s := first_hold_ends_s(p_pool);
        END IF;
    END IF;
    RETURN p_said;
END $$;

-- How many of so many unsold codes may be held: rounded up.
CREATE FUNCTION share_of(p_percent integer, p_unsold bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (p_percent * p_unsold + 99) / 100
$$;
