-- Campaigns of a kind: who may take part, when workers make ready, and whether it was ended early.
ALTER TABLE campaign
    ADD COLUMN kind text NOT NULL DEFAULT 'flash' CHECK (kind IN ('flash')),
    ADD COLUMN warm_up_s integer NOT NULL DEFAULT 0 CHECK (warm_up_s BETWEEN 0 AND 86400),  -- before the doors open
    ADD COLUMN for_all boolean NOT NULL DEFAULT true,      -- false: for the partners in campaign_partner alone
    ADD COLUMN ended_at timestamptz;                       -- by hand, before its time

CREATE TABLE campaign_partner (
    campaign_id  bigint NOT NULL REFERENCES campaign (id),
    partner_id   bigint NOT NULL REFERENCES partner (id),
    PRIMARY KEY (campaign_id, partner_id)
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON campaign_partner
    FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

-- What was sold in a campaign. Orders without one have no entry here.
CREATE INDEX orders_campaign ON orders ((details::json ->> 'campaign')) WHERE details LIKE '%"campaign"%';
