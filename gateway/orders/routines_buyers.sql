-- Who bought before: for campaigns that are for buyers who never did. A buyer is (partner, buyer id).
--
-- Orders write nothing for it. Every order leaves an entry in its partner's account, numbered under
-- the account's lock; what lies between two numbers is learnt once, when a campaign asks. Who holds
-- the account and has learnt all entries there are knows all orders of its buyers, whichever version
-- made them, and none can be added before he commits.

-- Learns the next entries of an account, at most so many; whether that was all. Who does
-- not hold the account may call it, too: he learns what is committed. An order of a buyer who has one that can
-- never fail any more adds nothing.
CREATE FUNCTION learn_buyers(p_partner bigint, p_most integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    learnt bigint;
    last   bigint;
BEGIN
    SELECT b.seq INTO learnt FROM buyers_learnt b WHERE b.partner_id = p_partner FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO buyers_learnt (partner_id) VALUES (p_partner) ON CONFLICT DO NOTHING;
        SELECT b.seq INTO learnt FROM buyers_learnt b WHERE b.partner_id = p_partner FOR NO KEY UPDATE;
    END IF;
    SELECT a.last_entry INTO last FROM account a WHERE a.partner_id = p_partner;
    IF last <= learnt THEN
        RETURN true;
    END IF;
    INSERT INTO buyer_order (partner_id, buyer_id, order_id)
    SELECT p_partner, o.said ->> 'buyer_id', o.id
    FROM entries_between(p_partner, learnt + 1, least(last, learnt + p_most) + 1) AS e
    CROSS JOIN LATERAL (SELECT x.id, x.details::json AS said FROM orders x
                        WHERE x.partner_id = p_partner AND x.id BETWEEN e.order_id AND e.order_id AND x.details LIKE '%"buyer_id"%'
                        ORDER BY x.id LIMIT 1) AS o
    WHERE e.kind = 'charge' AND NOT EXISTS (
        SELECT FROM buyer_order b JOIN orders y ON y.partner_id = b.partner_id AND y.id = b.order_id
        WHERE b.partner_id = p_partner AND b.buyer_id = o.said ->> 'buyer_id' AND y.state IN ('delivered', 'partial', 'reversed'))
    ON CONFLICT DO NOTHING;
    UPDATE buyers_learnt SET seq = least(last, learnt + p_most) WHERE partner_id = p_partner;
    RETURN last <= learnt + p_most;
END $$;

-- Whether a buyer has bought, or holds something: any order but one that came to nothing counts, also
-- what was taken back later. Only once all entries of the account are learnt.
CREATE FUNCTION has_bought(p_partner bigint, p_buyer text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM buyer_order b JOIN orders o ON o.partner_id = b.partner_id AND o.id = b.order_id
                   WHERE b.partner_id = p_partner AND b.buyer_id = p_buyer AND o.state <> 'failed')
        OR holds_something(p_partner, p_buyer);
END $$;

-- What a campaign says of a buyer whose account the caller holds: 1 he may take part, 13 not all that
-- he may have bought is learnt yet: try again, 31 he has bought before.
CREATE FUNCTION judge_newcomer(p_partner bigint, p_buyer text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE WHEN NOT learn_buyers(p_partner, 10000) THEN 13 WHEN has_bought(p_partner, p_buyer) THEN 31 ELSE 1 END;
END $$;

-- The same of the lines of a commit, in order. 13, too: an earlier line of the commit is that buyer's,
-- and whether it becomes an order is not known yet. What a hold confirms was judged at the hold.
CREATE FUNCTION judge_newcomers(p_outcome integer[], p_partner bigint[], p_details text[], p_hold bigint[]) RETURNS integer[]
LANGUAGE plpgsql AS $$
DECLARE
    outcome integer[] := p_outcome;
    seen    text[] := '{}';
    said    json;
    who     text;
BEGIN
    FOR i IN 1 .. cardinality(p_partner) LOOP
        CONTINUE WHEN outcome[i] <> 1 OR p_details[i] IS NULL;
        said := p_details[i];
        CONTINUE WHEN said ->> 'buyer_id' IS NULL;
        who := p_partner[i] || ' ' || (said ->> 'buyer_id');
        IF p_hold[i] IS NULL AND is_for_newcomers(said ->> 'campaign') THEN
            outcome[i] := CASE WHEN who = ANY (seen) THEN 13 ELSE judge_newcomer(p_partner[i], said ->> 'buyer_id') END;
        END IF;
        seen := seen || who;
    END LOOP;
    RETURN outcome;
END $$;
