-- Order channels: platforms that order from us under a protocol of their own.

CREATE TABLE channel (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    adapter     text NOT NULL CHECK (adapter IN ('goofish')),
    partner_id  bigint NOT NULL REFERENCES partner (id),
    key_id      text NOT NULL REFERENCES api_key (key_id),   -- whose codes are opened for the channel
    settings    bytea NOT NULL,                   -- JSON, wrapped by the vault, purpose 'channel'
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON channel FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

-- Where the result of an order goes. Written before the order, so that none can be forgotten;
-- the row of an order that was refused in the end is deleted after an hour.
CREATE TABLE channel_order (
    partner_id       bigint NOT NULL,
    out_order_no     text   NOT NULL,
    channel_id       bigint NOT NULL,
    notify_url       text   NOT NULL,
    state            text   NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    version          integer NOT NULL DEFAULT 0,  -- grows when the order ends (again: a reversal)
    attempts         integer NOT NULL DEFAULT 0,
    last_error       text,
    next_attempt_at  timestamptz,                 -- NULL: nothing to tell until the order ends
    created_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partner_id, out_order_no)
);
CREATE INDEX channel_order_due ON channel_order (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- An order that ends wakes its row. Code orders end as they are inserted: the row is looked at
-- anyway. Once per statement, and nothing to do where there are no channels: a settlement moves
-- many orders. The settings leave lookups by key, whatever statistics say.
CREATE FUNCTION wake_channel_orders() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_indexscan = off SET enable_mergejoin = off SET enable_hashjoin = on AS $$
BEGIN
    IF EXISTS (SELECT FROM channel) THEN
        UPDATE channel_order c SET state = 'pending', version = c.version + 1, attempts = 0, next_attempt_at = now()
        FROM old_orders o JOIN new_orders n ON n.partner_id = o.partner_id AND n.id = o.id
        WHERE c.partner_id = n.partner_id AND c.out_order_no = n.out_order_no
          AND n.state <> o.state AND n.state IN ('delivered', 'partial', 'failed', 'reversed');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER wake_channel_orders AFTER UPDATE ON orders REFERENCING OLD TABLE AS old_orders NEW TABLE AS new_orders
    FOR EACH STATEMENT EXECUTE FUNCTION wake_channel_orders();
