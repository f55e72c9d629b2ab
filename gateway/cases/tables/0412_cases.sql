-- After-sales cases: what a partner or an operator wants done about an order, what was decided, by whom or
-- by which rule, and what it came to. Kept for ever: they are why money and codes moved.

CREATE TABLE service_case (
    partner_id     bigint NOT NULL,
    id             bigint NOT NULL,               -- case_no
    out_case_no    text   NOT NULL,
    content_hash   bytea  NOT NULL,               -- of what was asked, with defaults filled in
    order_id       bigint NOT NULL,
    line           integer NOT NULL DEFAULT 1,    -- of the order
    kind           text   NOT NULL,
    reason         text   NOT NULL,
    detail         text,                          -- codes in it are masked
    position       integer,                       -- which of the order's codes, from 0; NULL: the last that stand
    quantity       integer,                       -- of pieces; NULL: all
    amount         bigint,                        -- minor units; NULL: by pieces
    recipient      text,
    void           boolean NOT NULL DEFAULT false,  -- strike out codes though it is by amount
    keep_codes     text,                          -- why none are struck out
    opened_by      text   NOT NULL,               -- an operator, or 'partner'
    state          text   NOT NULL DEFAULT 'opened',
    assigned_to    text,
    level          integer NOT NULL DEFAULT 0,    -- how often it was escalated
    snoozed_until  timestamptz,
    deadline_at    timestamptz,                   -- until when the upstream may take
    rule           text,                          -- that decided
    decided_by     text,
    decided_at     timestamptz,
    decision       text,                          -- why
    outcome        text,
    refunded       bigint NOT NULL DEFAULT 0,
    replaced       integer NOT NULL DEFAULT 0,
    task           text,                          -- JSON: what a person has to paste at the platform
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partner_id, id),
    UNIQUE (partner_id, out_case_no),
    CONSTRAINT case_kinds CHECK (kind IN ('reissue', 'recipient', 'refund', 'upstream', 'question')),
    CONSTRAINT case_states CHECK (state IN ('opened', 'in_review', 'approved', 'acting', 'waiting_upstream', 'resolved', 'refused', 'withdrawn')),
    CONSTRAINT case_money CHECK (refunded >= 0 AND (refunded = 0 OR kind = 'refund')),
    CONSTRAINT case_codes CHECK (replaced >= 0 AND (replaced = 0 OR kind = 'reissue')),
    CONSTRAINT case_deadline CHECK (state <> 'waiting_upstream' OR deadline_at IS NOT NULL),
    CONSTRAINT case_ended CHECK (state NOT IN ('resolved', 'refused', 'withdrawn') OR outcome IS NOT NULL)
);
-- One open case per order line.
CREATE UNIQUE INDEX service_case_open ON service_case (partner_id, order_id, line) WHERE state NOT IN ('resolved', 'refused', 'withdrawn');
CREATE INDEX service_case_order ON service_case (partner_id, order_id, id);
-- The inbox: who was escalated first, then who waits longest.
CREATE INDEX service_case_inbox ON service_case (level DESC, id) WHERE state IN ('opened', 'in_review');
CREATE INDEX service_case_acting ON service_case (id) WHERE state IN ('acting', 'waiting_upstream');
CREATE INDEX service_case_by_id ON service_case (id);

-- The table of gateway/cases/rules.py, which a test compares with, pair by pair; and what was asked stays.
CREATE FUNCTION keep_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT (CASE OLD.state
           WHEN 'opened' THEN NEW.state IN ('in_review', 'approved', 'refused', 'withdrawn')
           WHEN 'in_review' THEN NEW.state IN ('approved', 'refused', 'withdrawn')
           WHEN 'approved' THEN NEW.state = 'acting'
           WHEN 'acting' THEN NEW.state IN ('waiting_upstream', 'resolved')
           WHEN 'waiting_upstream' THEN NEW.state = 'acting'
           ELSE false END) THEN
        RAISE EXCEPTION 'case % does not go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'QG005';
    END IF;
    IF ROW (NEW.partner_id, NEW.id, NEW.out_case_no, NEW.content_hash, NEW.order_id, NEW.line, NEW.reason, NEW.detail, NEW.position,
            NEW.quantity, NEW.amount, NEW.recipient, NEW.opened_by, NEW.created_at)
       IS DISTINCT FROM
       ROW (OLD.partner_id, OLD.id, OLD.out_case_no, OLD.content_hash, OLD.order_id, OLD.line, OLD.reason, OLD.detail, OLD.position,
            OLD.quantity, OLD.amount, OLD.recipient, OLD.opened_by, OLD.created_at)
       OR (NEW.kind <> OLD.kind AND NOT (OLD.kind = 'recipient' AND NEW.kind = 'upstream'))
       OR NEW.refunded < OLD.refunded OR NEW.replaced < OLD.replaced
       OR (OLD.state IN ('resolved', 'refused', 'withdrawn') AND (NEW.outcome, NEW.refunded, NEW.replaced) IS DISTINCT FROM (OLD.outcome, OLD.refunded, OLD.replaced)) THEN
        RAISE EXCEPTION 'what was asked and done in case % stays as it is', OLD.id USING ERRCODE = 'QG003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_moves BEFORE UPDATE ON service_case FOR EACH ROW EXECUTE FUNCTION keep_case();
CREATE TRIGGER case_kept BEFORE DELETE ON service_case FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Everything that happened with a case, in order.
CREATE TABLE case_step (
    partner_id  bigint NOT NULL,
    case_id     bigint NOT NULL,
    no          integer NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    step        text NOT NULL,                    -- opened, taken, assigned, noted, snoozed, escalated, judged, moved
    actor       text NOT NULL,
    state       text NOT NULL,                    -- of the case, after it
    text        text,                             -- codes in it are masked
    rule        text,
    PRIMARY KEY (partner_id, case_id, no)
);
CREATE TRIGGER case_step_insert_only BEFORE UPDATE OR DELETE ON case_step FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A delivered code that another one took the place of. A code is replaced once, and takes one place.
CREATE TABLE reissue (
    partner_id  bigint NOT NULL,
    order_id    bigint NOT NULL,
    position    integer NOT NULL,                 -- from 0
    pool_id     bigint NOT NULL,
    old_seq     bigint NOT NULL,
    new_seq     bigint NOT NULL,
    case_id     bigint NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (pool_id, old_seq),
    UNIQUE (pool_id, new_seq),
    CONSTRAINT reissue_another CHECK (old_seq <> new_seq)
);
CREATE INDEX reissue_order ON reissue (partner_id, order_id);
CREATE TRIGGER reissue_insert_only BEFORE UPDATE OR DELETE ON reissue FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- How many cases of a partner and day were ended by another code: counted under this row's lock.
CREATE TABLE reissue_day (
    partner_id  bigint NOT NULL,
    day         date   NOT NULL,                  -- in the partner's zone
    cases       integer NOT NULL DEFAULT 0 CHECK (cases >= 0),
    PRIMARY KEY (partner_id, day)
);

-- What decides by itself, and over what. Rows are tried in the order they were made.
CREATE TABLE case_rule (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    kind        text,                             -- NULL: any
    sku_id      bigint REFERENCES sku (id),       -- NULL: any
    min_age     bigint CHECK (min_age >= 0),      -- of the order, seconds; inclusive, like the next
    max_age     bigint CHECK (max_age >= 0),
    min_amount  bigint CHECK (min_amount >= 0),   -- at stake, minor units
    max_amount  bigint CHECK (max_amount >= 0),
    min_share   integer CHECK (min_share BETWEEN 0 AND 100),  -- percent of the partner's orders with a case
    max_share   integer CHECK (max_share BETWEEN 0 AND 100),
    does        text NOT NULL CHECK (does IN ('approve', 'refuse')),
    shadow      boolean NOT NULL DEFAULT false,   -- says what it would do
    enabled     boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
