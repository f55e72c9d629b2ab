-- What operators change of a channel, and the numbers that it knows our goods by.

-- Which protocols there are is the program's (gateway/channels/adapters.py): a table that names them
-- again has to be changed with each.
ALTER TABLE channel DROP CONSTRAINT channel_adapter_check,
    ADD CONSTRAINT channel_adapter_check CHECK (adapter ~ '^[a-z0-9-]{1,64}$'),
    ADD COLUMN paused boolean NOT NULL DEFAULT false,   -- takes no new orders; those there are go on
    ADD COLUMN base_url text;                           -- where we call it, if we do

-- What a channel calls a product of its own is a SKU of ours.
CREATE TABLE channel_product (
    channel_id        bigint NOT NULL REFERENCES channel (id),
    external_product  text NOT NULL CHECK (external_product ~ '^[!-~]{1,128}$'),
    sku_id            bigint NOT NULL REFERENCES sku (id),
    created_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel_id, external_product)
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON channel_product FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
