-- Waiting rooms: campaigns that take orders only with a pass.
CREATE TABLE waiting_room (
    campaign_id bigint PRIMARY KEY REFERENCES campaign (id),
    issued      bigint NOT NULL DEFAULT 0 CHECK (issued >= 0),   -- the last number we gave out
    serving     bigint NOT NULL DEFAULT 0 CHECK (serving >= 0),  -- up to this one at `since` …
    rate        integer CHECK (rate > 0),                        -- … and so many more each second; NULL: none
    since       timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER announce AFTER INSERT OR DELETE ON waiting_room FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

-- The numbers we gave out: a buyer has one.
CREATE TABLE pass_number (
    partner_id  bigint NOT NULL REFERENCES partner (id),
    campaign_id bigint NOT NULL REFERENCES campaign (id),
    buyer_id    text NOT NULL,
    number      bigint NOT NULL CHECK (number > 0),
    issued_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partner_id, campaign_id, buyer_id),
    UNIQUE (partner_id, campaign_id, number)
);

-- The passes that orders used up, each once, whoever issued them.
CREATE TABLE pass_use (
    partner_id  bigint NOT NULL,
    campaign_id bigint NOT NULL REFERENCES campaign (id),
    number      bigint NOT NULL CHECK (number > 0),
    order_id    bigint NOT NULL,
    PRIMARY KEY (partner_id, campaign_id, number)
);
