-- Quotas: how many units may be had, counted exactly inside the commit.
--
-- The limits per buyer of SKUs and campaigns are quotas, too: `sku:S` and `campaign:C`. Their
-- `per_buyer` says how many, and a trigger keeps the quota in step, whichever version writes it.
CREATE TABLE quota (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE CHECK (name ~ '^(sku:|campaign:)?[A-Za-z0-9._-]{1,64}$'),
    sku_id        bigint REFERENCES sku (id),           -- what it is on; none of the three: everything
    category_id   bigint REFERENCES category (id),
    campaign_id   bigint REFERENCES campaign (id),
    per           text NOT NULL CHECK (per IN ('buyer', 'device', 'ip', 'recipient', 'partner', 'total')),
    span          text NOT NULL CHECK (span IN ('ever', 'day', 'hour', 'campaign')),
    most          bigint CHECK (most > 0),              -- NULL: a SKU's limit that was lifted; it counts nothing
    keep_refunded boolean NOT NULL DEFAULT false,       -- refunds of what was delivered give nothing back
    counts_from   timestamptz NOT NULL DEFAULT now(),
    created_at    timestamptz NOT NULL DEFAULT now(),
    settles_at    timestamptz DEFAULT now() + interval '5 s',  -- when every worker asks it: then orders they let pass are counted
    CONSTRAINT quota_on CHECK (num_nonnulls(sku_id, category_id, campaign_id) <= 1)
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON quota FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

-- What one subject (see gateway/quotas/rules.py) has had of a quota in one window. Of a total, what
-- was handed out to blocks counts as had.
CREATE TABLE quota_use (
    quota_id  bigint NOT NULL,
    subject   text   NOT NULL,
    period    bigint NOT NULL,                          -- seconds since 1970 when its window began; 0: it has none
    used      bigint NOT NULL,
    most      bigint NOT NULL,                          -- what the quota allowed when `used` last grew
    carried   bigint NOT NULL DEFAULT 0,                -- of `used`: what no row of quota_taken has
    PRIMARY KEY (quota_id, subject, period),
    CONSTRAINT quota_use_most CHECK (used BETWEEN 0 AND most)
) WITH (fillfactor = 85);

-- Units of a total in the hands of one connection that commits: so that not every order writes the
-- same row.
CREATE TABLE quota_block (
    quota_id  bigint  NOT NULL,
    subject   text    NOT NULL,
    period    bigint  NOT NULL,
    holder    integer NOT NULL,
    units     bigint  NOT NULL,
    PRIMARY KEY (quota_id, subject, period, holder),
    CONSTRAINT quota_block_units CHECK (units >= 0)
) WITH (fillfactor = 50);

-- What an order (or a hold) has taken: `units` of each count that it asked (quotas/rules.py: asks), in
-- the windows of that moment. It is what comes back.
CREATE TABLE quota_taken (
    partner_id bigint      NOT NULL,
    owner_id   bigint      NOT NULL,
    units      integer     NOT NULL CHECK (units > 0),
    asked      text        NOT NULL,
    taken_at   timestamptz NOT NULL,
    PRIMARY KEY (partner_id, owner_id)
);

-- ---------------------------------------------------------------- the limits per buyer that there are

CREATE FUNCTION keep_own_quota() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'sku' THEN
        INSERT INTO quota (name, sku_id, per, span, most) VALUES ('sku:' || NEW.sku, NEW.id, 'buyer', 'ever', NEW.per_buyer)
        ON CONFLICT (name) DO UPDATE SET most = excluded.most;
    ELSE
        INSERT INTO quota (name, campaign_id, per, span, most) VALUES ('campaign:' || NEW.name, NEW.id, 'buyer', 'campaign', NEW.per_buyer)
        ON CONFLICT (name) DO UPDATE SET most = excluded.most;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER own_quota_made AFTER INSERT ON sku FOR EACH ROW
    WHEN (NEW.per_buyer IS NOT NULL) EXECUTE FUNCTION keep_own_quota();
CREATE TRIGGER own_quota_changed AFTER UPDATE OF per_buyer ON sku FOR EACH ROW
    WHEN (NEW.per_buyer IS DISTINCT FROM OLD.per_buyer) EXECUTE FUNCTION keep_own_quota();
CREATE TRIGGER own_quota_made AFTER INSERT ON campaign FOR EACH ROW
    WHEN (NEW.per_buyer IS NOT NULL) EXECUTE FUNCTION keep_own_quota();
CREATE TRIGGER own_quota_changed AFTER UPDATE OF per_buyer ON campaign FOR EACH ROW
    WHEN (NEW.per_buyer IS DISTINCT FROM OLD.per_buyer) EXECUTE FUNCTION keep_own_quota();

-- Workers of older versions count in buyer_usage, and read it alone. What they count is counted
-- here, too: nobody has more than the quota allows, whichever version sells. Where an older one
-- would sell more than it knows of, its order is refused by quota_use_most.
-- A campaign's limit was counted with all limited orders of the SKU: so it is with theirs.
CREATE FUNCTION carry_usage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    grown bigint := NEW.used - CASE WHEN TG_OP = 'UPDATE' THEN OLD.used ELSE 0 END;
BEGIN
    IF grown > 0 THEN
        INSERT INTO quota_use AS u (quota_id, subject, period, used, most, carried)
        SELECT q.id, concat_ws(' ', c.name, NEW.partner_id, NEW.buyer_id), 0, grown, q.most, grown
        FROM quota q LEFT JOIN campaign c ON c.id = q.campaign_id
        WHERE q.most IS NOT NULL AND q.per = 'buyer' AND (
            q.name = (SELECT 'sku:' || s.sku FROM sku s WHERE s.id = NEW.sku_id)
            OR q.name = 'campaign:' || c.name AND c.sku_id = NEW.sku_id AND now() BETWEEN c.starts_at AND c.ends_at)
        ORDER BY q.id
        ON CONFLICT (quota_id, subject, period) DO UPDATE
            SET used = u.used + excluded.used, most = excluded.most, carried = u.carried + excluded.carried;
    ELSIF grown < 0 THEN
        UPDATE quota_use u SET used = u.used - least(-grown, u.carried), carried = u.carried - least(-grown, u.carried)
        FROM quota q LEFT JOIN campaign c ON c.id = q.campaign_id
        WHERE u.quota_id = q.id AND u.subject = concat_ws(' ', c.name, NEW.partner_id, NEW.buyer_id) AND u.period = 0 AND (
            q.name = (SELECT 'sku:' || s.sku FROM sku s WHERE s.id = NEW.sku_id)
            OR q.name = 'campaign:' || c.name AND c.sku_id = NEW.sku_id);
    END IF;
    RETURN NULL;
END $$;
-- Made before anything is copied: it waits for the commits that run, and those to come wait for us.
CREATE TRIGGER carry_usage AFTER INSERT OR UPDATE ON buyer_usage FOR EACH ROW EXECUTE FUNCTION carry_usage();

INSERT INTO quota (name, sku_id, per, span, most, settles_at)
SELECT 'sku:' || s.sku, s.id, 'buyer', 'ever', s.per_buyer, NULL FROM sku s
WHERE s.per_buyer IS NOT NULL OR EXISTS (SELECT FROM buyer_usage b WHERE b.sku_id = s.id);
INSERT INTO quota (name, campaign_id, per, span, most, settles_at)
SELECT 'campaign:' || c.name, c.id, 'buyer', 'campaign', c.per_buyer, NULL FROM campaign c WHERE c.per_buyer IS NOT NULL;

INSERT INTO quota_use (quota_id, subject, period, used, most, carried)
SELECT q.id, b.partner_id || ' ' || b.buyer_id, 0, b.used, greatest(b.used, q.most), b.used
FROM buyer_usage b JOIN quota q ON q.sku_id = b.sku_id WHERE b.used > 0;
-- Of a campaign that is not over its own orders count.
INSERT INTO quota_use (quota_id, subject, period, used, most, carried)
SELECT d.id, d.subject, 0, d.used, greatest(d.used, d.most), d.used
FROM (SELECT q.id, q.most, concat_ws(' ', c.name, o.partner_id, o.details::jsonb ->> 'buyer_id') AS subject, sum(o.quantity) AS used
      FROM quota q JOIN campaign c ON c.id = q.campaign_id AND c.ends_at > now()
      JOIN orders o ON o.sku_id = c.sku_id AND o.created_at >= c.starts_at AND o.state <> 'failed' AND o.details IS NOT NULL
      WHERE o.details::jsonb ->> 'campaign' = c.name AND o.details::jsonb ->> 'buyer_id' IS NOT NULL GROUP BY 1, 2, 3) AS d;
