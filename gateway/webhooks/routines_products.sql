-- Whether this worker is the one that tells of products, and is so for p_for_s seconds more.
CREATE FUNCTION lead_telling_products(p_worker uuid, p_for_s double precision) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_teller AS t (worker_id, until) VALUES (p_worker, now() + make_interval(secs => p_for_s))
    ON CONFLICT (one) DO UPDATE SET worker_id = excluded.worker_id, until = excluded.until
    WHERE t.worker_id = excluded.worker_id OR t.until < now();
    RETURN FOUND;
END $$;

-- Tells a partner of one product: of what it is now if that is news, else of what it will be from p_ahead_at on (NULL: nothing
-- else is known). What it sees for the first time is no news. 'told'; 'same': it knows; 'held': it was told less than a second ago, or did not take the last message yet;
-- 'lost': another worker tells.
CREATE FUNCTION tell_product(
    p_worker uuid, p_partner bigint, p_sku bigint, p_digest bytea, p_data jsonb, p_ahead_digest bytea, p_ahead_data jsonb, p_ahead_at timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told product_told;
    is_news boolean;
    is_ahead boolean;
    message bigint;
BEGIN
    PERFORM FROM product_teller t WHERE t.worker_id = p_worker AND t.until > now() FOR SHARE;
    IF NOT FOUND THEN RETURN 'lost'; END IF;
    SELECT * INTO told FROM product_told x WHERE x.partner_id = p_partner AND x.sku_id = p_sku FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO product_told (partner_id, sku_id, digest) VALUES (p_partner, p_sku, p_digest) RETURNING * INTO told;
    END IF;
    -- What was announced and will not be so is taken back by telling what is.
    is_news := told.digest IS DISTINCT FROM p_digest
        OR (coalesce(told.ahead_at > now(), false) AND (told.ahead_digest, told.ahead_at) IS DISTINCT FROM (p_ahead_digest, p_ahead_at));
    is_ahead := NOT is_news AND p_ahead_digest IS NOT NULL AND (told.ahead_digest, told.ahead_at) IS DISTINCT FROM (p_ahead_digest, p_ahead_at);
    IF NOT is_news AND NOT is_ahead THEN RETURN 'same'; END IF;
    IF told.message_id IS NOT NULL AND (told.told_at > now() - interval '1 second'
        OR EXISTS (SELECT FROM webhook w WHERE w.id = told.message_id AND w.state = 'pending')) THEN
        RETURN 'held';
    END IF;
    INSERT INTO webhook (partner_id, type, sequence, body, next_attempt_at)
    SELECT p_partner, 'product.changed', 0, convert_to(jsonb_build_object('type', 'product.changed', 'sequence', 0,
           'timestamp', json_time(now()), 'data', CASE WHEN is_news THEN p_data ELSE p_ahead_data END)::text, 'UTF8'), now()
    WHERE EXISTS (SELECT FROM webhook_endpoint e WHERE e.partner_id = p_partner AND e.disabled_at IS NULL)
    RETURNING id INTO message;
    IF NOT FOUND THEN RETURN 'same'; END IF;  -- nobody listens: it is news when somebody does
    UPDATE product_told x SET digest = p_digest, message_id = message, told_at = now(),
        ahead_digest = CASE WHEN is_ahead THEN p_ahead_digest END, ahead_at = CASE WHEN is_ahead THEN p_ahead_at END
    WHERE x.partner_id = p_partner AND x.sku_id = p_sku;
    RETURN 'told';
END $$;
