-- The effect of a decision, along the same table as any other news. 'unchanged' takes the order
-- out of the list of those that wait and leaves the rest as it is. Returns settle's verdict.
CREATE FUNCTION resolve_order(p_partner bigint, p_order bigint, p_verdict text, p_reason text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a    attempt%ROWTYPE;
    news attempt_news;
BEGIN
    SELECT * INTO a FROM attempt WHERE partner_id = p_partner AND order_id = p_order ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    IF p_verdict = 'unchanged' THEN
        UPDATE orders SET parked = NULL, updated_at = now() WHERE partner_id = p_partner AND id = p_order;
        RETURN 'applied';
    END IF;
    -- No worker makes ids here: an attempt's number, and for a second message its order's, are free as message ids.
    news.attempt := a.id;
    news.news := p_verdict;
    news.webhook := CASE p_verdict WHEN 'reversed' THEN p_order ELSE a.id END;
    news.delivered := CASE p_verdict WHEN 'succeeded' THEN a.quantity END;
    news.code := 'resolved';
    news.message := p_reason;
    RETURN (settle(ARRAY[news], NULL))[1];
END $$;
