-- What people decide about top-ups (four eyes), and what workers say of their lanes.

-- An operator proposes how an order that waits for a person ends; another one approves.
CREATE TABLE resolution (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner_id    bigint NOT NULL,
    order_id      bigint NOT NULL,
    verdict       text   NOT NULL CHECK (verdict IN ('succeeded', 'failed', 'reversed', 'unchanged')),
    reason        text   NOT NULL CHECK (reason <> ''),
    requested_by  text   NOT NULL,
    requested_at  timestamptz NOT NULL DEFAULT now(),
    approved_by   text,
    approved_at   timestamptz,
    outcome       text,
    CONSTRAINT resolution_four_eyes CHECK (lower(approved_by) <> lower(requested_by)),
    CONSTRAINT resolution_approved CHECK ((approved_by IS NULL) = (approved_at IS NULL))
);
CREATE UNIQUE INDEX resolution_pending ON resolution (partner_id, order_id) WHERE approved_at IS NULL;

-- The effect of a decision, along the same table as any other news. 'unchanged' takes the order
-- out of the list of those that wait and leaves the rest as it is. Returns settle's verdict.
CREATE FUNCTION resolve_order(p_partner bigint, p_order bigint, p_verdict text, p_reason text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a attempt%ROWTYPE;
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
    RETURN (settle(ARRAY[a.id], ARRAY[p_verdict], ARRAY[NULL::text], ARRAY[NULL::bigint],
        ARRAY[CASE p_verdict WHEN 'succeeded' THEN a.quantity END],
        ARRAY[NULL::bigint], ARRAY['resolved'], ARRAY[p_reason], ARRAY[NULL::double precision], ARRAY[NULL::integer],
        ARRAY[NULL::integer], ARRAY[CASE p_verdict WHEN 'reversed' THEN p_order ELSE a.id END], ARRAY[NULL::bigint],
        ARRAY[NULL::bigint], ARRAY[NULL::text], ARRAY[NULL::bigint], NULL, ARRAY[NULL::bigint], ARRAY[NULL::text],
        ARRAY[NULL::text]))[1];
END $$;

-- Each worker's lanes as they were a moment ago; for people only, so it may be lost.
CREATE UNLOGGED TABLE lane_state (
    worker_id     uuid   NOT NULL,
    upstream_id   bigint NOT NULL,
    product_id    text   NOT NULL,
    breaker       text   NOT NULL,                -- closed, open, half_open
    reason        text   NOT NULL,                -- why it is not closed
    waiting       integer NOT NULL,
    under_way     integer NOT NULL,
    calls         bigint NOT NULL,
    failures      bigint NOT NULL,
    success_rate  double precision NOT NULL,      -- moving average, 0 … 1
    latency_s     double precision NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (worker_id, upstream_id, product_id)
);
