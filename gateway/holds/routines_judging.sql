-- Whether something may be held: numbers that are known, windows, budgets. For hold_goods alone.

-- What is said of a line before its goods are looked at. p_made: the partners of those just made.
CREATE FUNCTION judge_hold(p_line hold_line, p_limits hold_limits, p_made bigint[], p_now timestamptz) RETURNS hold_answer
LANGUAGE plpgsql AS $$
DECLARE
    said  hold_answer;
    known record;
    just  bigint := cardinality(array_positions(p_made, p_line.partner_id));
    opened bigint;
BEGIN
    SELECT h.id, h.content_hash INTO known FROM hold h
    WHERE h.partner_id = p_line.partner_id AND h.out_hold_no = p_line.out_hold_no LIMIT 1;
    IF FOUND THEN
        said.outcome := CASE WHEN known.content_hash = p_line.content_hash THEN 2 ELSE 3 END;
        said.known := known.id;
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
    IF p_line.buyer_id IS NOT NULL THEN
        SELECT count(*), ceil(extract(epoch FROM min(h.expires_at) - p_now)) INTO opened, said.after_s FROM hold h
        WHERE h.partner_id = p_line.partner_id AND h.buyer_id = p_line.buyer_id AND h.state = 'held' AND h.expires_at > p_now;
        IF opened >= p_limits.per_buyer THEN
            said.why := 'buyer';
            RETURN said;
        END IF;
    END IF;
    IF p_line.buyer_ip IS NOT NULL THEN
        SELECT count(*), ceil(extract(epoch FROM min(h.expires_at) - p_now)) INTO opened, said.after_s FROM hold h
        WHERE h.buyer_ip = p_line.buyer_ip AND h.state = 'held' AND h.expires_at > p_now;
        IF opened >= p_limits.per_ip THEN
            said.why := 'ip';
            RETURN said;
        END IF;
    END IF;
    IF just + 1 + (SELECT h.open_at_most FROM hold_partner h WHERE h.partner_id = p_line.partner_id) > p_limits.per_partner THEN
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
-- orders of theirs come one by one with us. The pool first, as whoever settles purchases has it; whoever has
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
