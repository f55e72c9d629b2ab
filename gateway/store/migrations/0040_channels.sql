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

-- An order that ends wakes its row. Code orders end as they are inserted: the row is looked at anyway.
CREATE FUNCTION wake_channel_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE channel_order SET state = 'pending', version = version + 1, attempts = 0, next_attempt_at = now()
    WHERE partner_id = NEW.partner_id AND out_order_no = NEW.out_order_no;
    RETURN NULL;
END $$;
CREATE TRIGGER wake_channel_order AFTER UPDATE OF state ON orders FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NEW.state IN ('delivered', 'partial', 'failed', 'reversed'))
    EXECUTE FUNCTION wake_channel_order();
