-- What news means for an attempt in a state. Mirrors gateway/dispatch/attempt.py, which tests compare it with.
CREATE FUNCTION judge_news(p_state text, p_news text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_state = p_news AND p_news <> 'created' THEN CASE WHEN p_state IN ('accepted', 'uncertain') THEN 'applied' ELSE 'repeated' END
        WHEN p_state IN ('created', 'accepted', 'uncertain') THEN 'applied'
        WHEN p_news IN ('accepted', 'uncertain', 'noted') THEN 'late'
        WHEN p_state IN ('succeeded', 'partial') AND p_news = 'reversed' THEN 'applied'
        WHEN p_state IN ('rejected', 'failed') AND p_news IN ('rejected', 'failed', 'reversed') THEN 'repeated'
        WHEN p_state = 'reversed' AND p_news IN ('succeeded', 'partial') THEN 'late'
        WHEN p_state = 'reversed' AND p_news IN ('rejected', 'failed') THEN 'repeated'
        ELSE 'parked' END
$$;

-- Where news of its live attempt moves an order in a state: the new state, NULL when it stays,
-- 'parked' for a contradiction. Mirrors gateway/orders/rules.py, which tests compare it with.
CREATE FUNCTION move_order(p_state text, p_news text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_news
        WHEN 'noted' THEN NULL
        WHEN 'accepted' THEN CASE p_state WHEN 'processing' THEN NULL WHEN 'uncertain' THEN 'processing' ELSE 'parked' END
        WHEN 'uncertain' THEN CASE p_state WHEN 'uncertain' THEN NULL WHEN 'processing' THEN 'uncertain' ELSE 'parked' END
        WHEN 'contradicted' THEN CASE p_state WHEN 'uncertain' THEN NULL WHEN 'processing' THEN 'uncertain' ELSE 'parked' END
        WHEN 'succeeded' THEN CASE WHEN p_state IN ('processing', 'uncertain') THEN 'delivered' WHEN p_state <> 'delivered' THEN 'parked' END
        WHEN 'partial' THEN CASE WHEN p_state IN ('processing', 'uncertain') THEN 'partial' WHEN p_state <> 'partial' THEN 'parked' END
        WHEN 'reversed' THEN CASE WHEN p_state IN ('delivered', 'partial') THEN 'reversed' WHEN p_state <> 'reversed' THEN 'parked' END
        ELSE CASE WHEN p_state IN ('processing', 'uncertain') THEN 'failed' WHEN p_state <> 'failed' THEN 'parked' END END
$$;
