-- Holds: goods reserved for a while, at the price of that moment. A hold of a SKU from stock has
-- codes: they lie in `held_code`, in no fragment, in no lease and in no allocation; one of a counted
-- SKU has units of its quotas alone. What a hold became stays: it is idempotent like an order.

CREATE TABLE hold (
    partner_id    bigint NOT NULL,
    id            bigint NOT NULL,                -- hold_no: time-ordered, made by the worker
    out_hold_no   text   NOT NULL,
    content_hash  bytea  NOT NULL,                -- 16 bytes of the content with defaults filled in
    sku_id        bigint NOT NULL,
    quantity      integer NOT NULL CHECK (quantity BETWEEN 1 AND 500),
    amount        bigint NOT NULL CHECK (amount >= 0),
    currency      text   NOT NULL DEFAULT 'CNY',
    pool_id       bigint,                         -- NULL: it has no codes
    seqs          bigint[],                       -- its codes, as long as it is held
    account       text,
    buyer_id      text,
    buyer_ip      text,
    details       text,                           -- JSON: campaign, device of the buyer
    state         text NOT NULL DEFAULT 'held',
    order_id      bigint,                         -- what it was confirmed by
    expires_at    timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (partner_id, id),
    UNIQUE (partner_id, out_hold_no),
    CONSTRAINT hold_states CHECK (state IN ('held', 'confirmed', 'released', 'expired', 'late_confirmed', 'late_refused')),
    CONSTRAINT hold_order CHECK ((order_id IS NOT NULL) = (state IN ('confirmed', 'late_confirmed'))),
    CONSTRAINT hold_codes CHECK ((pool_id IS NULL) = (seqs IS NULL) AND (seqs IS NULL OR cardinality(seqs) = quantity))
);
-- Who has how many open ones; what is due, and when the first of a pool ends.
CREATE INDEX hold_open ON hold (partner_id, buyer_id) WHERE state = 'held';
CREATE INDEX hold_ip ON hold (buyer_ip) WHERE state = 'held' AND buyer_ip IS NOT NULL;
CREATE INDEX hold_due ON hold (pool_id, expires_at) WHERE state = 'held';

-- A held code is nobody else's: its key is this table's.
CREATE TABLE held_code (
    pool_id     bigint NOT NULL,
    seq         bigint NOT NULL,
    partner_id  bigint NOT NULL,
    hold_id     bigint NOT NULL,
    PRIMARY KEY (pool_id, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);

-- Never less than what is held: hold_goods adds, and counts anew where that seems to be too much.
-- The rows are locks besides: holds of one partner come one by one.
CREATE TABLE hold_partner (partner_id bigint PRIMARY KEY, open_at_most bigint NOT NULL DEFAULT 0);
CREATE TABLE hold_pool (pool_id bigint PRIMARY KEY, held_at_most bigint NOT NULL DEFAULT 0);

-- ---------------------------------------------------------------- guards

-- What was accepted stays as it is; states move along the table of gateway/holds/rules.py.
CREATE FUNCTION keep_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW (NEW.partner_id, NEW.id, NEW.out_hold_no, NEW.content_hash, NEW.sku_id, NEW.quantity, NEW.amount, NEW.currency,
            NEW.pool_id, NEW.seqs, NEW.account, NEW.buyer_id, NEW.buyer_ip, NEW.details, NEW.expires_at, NEW.created_at)
       IS DISTINCT FROM
       ROW (OLD.partner_id, OLD.id, OLD.out_hold_no, OLD.content_hash, OLD.sku_id, OLD.quantity, OLD.amount, OLD.currency,
            OLD.pool_id, OLD.seqs, OLD.account, OLD.buyer_id, OLD.buyer_ip, OLD.details, OLD.expires_at, OLD.created_at) THEN
        RAISE EXCEPTION 'what was accepted of hold % stays as it is', OLD.id USING ERRCODE = 'QG003';
    END IF;
    IF NEW.state <> OLD.state AND NOT (CASE OLD.state
           WHEN 'held' THEN NEW.state IN ('confirmed', 'released', 'expired', 'late_confirmed')
           WHEN 'expired' THEN NEW.state IN ('late_confirmed', 'late_refused')
           ELSE false END) THEN
        RAISE EXCEPTION 'hold % does not go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'QG005';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_moves BEFORE UPDATE ON hold FOR EACH ROW EXECUTE FUNCTION keep_hold();
CREATE TRIGGER hold_kept BEFORE DELETE ON hold FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Nobody can hold what was sold, and nobody can lease or free what is held.
CREATE FUNCTION refuse_sold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public.allocation a WHERE a.pool_id = NEW.pool_id AND a.seq = NEW.seq) THEN
        RAISE EXCEPTION 'code % of pool % cannot be held: it is sold or void', NEW.seq, NEW.pool_id USING ERRCODE = 'QG003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER held_code_unsold BEFORE INSERT ON held_code FOR EACH ROW EXECUTE FUNCTION refuse_sold();
CREATE TRIGGER held_code_unchanged BEFORE UPDATE ON held_code FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public.held_code c WHERE c.pool_id = NEW.pool_id AND c.seq >= NEW.lo AND c.seq < NEW.hi) THEN
        RAISE EXCEPTION 'a code in [%, %) of pool % is held', NEW.lo, NEW.hi, NEW.pool_id USING ERRCODE = 'QG003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lease_unheld BEFORE INSERT ON lease FOR EACH ROW EXECUTE FUNCTION refuse_held();
CREATE TRIGGER fragment_unheld BEFORE INSERT OR UPDATE ON fragment FOR EACH ROW EXECUTE FUNCTION refuse_held();
