-- Campaigns for buyers who never bought. Who did, orders know (orders/routines_buyers.sql).

-- Whether there is any that is not over.
CREATE FUNCTION has_newcomers() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM campaign c WHERE c.new_buyers AND now() < least(c.ends_at, c.ended_at));
END $$;

CREATE FUNCTION is_for_newcomers(p_campaign text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM campaign c WHERE c.new_buyers AND c.name = p_campaign);
END $$;

-- Whether a partner sells, or will, in one that is not over.
CREATE FUNCTION sells_to_newcomers(p_partner bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM campaign c WHERE c.new_buyers AND now() < least(c.ends_at, c.ended_at)
                   AND (c.for_all OR EXISTS (SELECT FROM campaign_partner m WHERE m.campaign_id = c.id AND m.partner_id = p_partner)));
END $$;
