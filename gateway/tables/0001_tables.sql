-- The tables. PostgreSQL is the truth (design D1): every invariant of the README that can
-- be a constraint is one here. Hot tables (orders, allocation, entry, webhook) carry no
-- foreign keys: each costs a lookup and a lock per row, and `quangate audit` checks the
-- same facts. Every unique key of a hot table starts with the column it would be sharded
-- by (partner_id or pool_id; design D12).

-- ---------------------------------------------------------------- who orders

CREATE TABLE partner (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    webhook_secret  bytea NOT NULL,               -- wrapped by the vault, purpose 'webhook'
    created_at      timestamptz NOT NULL DEFAULT now()
);

-- A partner's money, in minor units. I10: balance = the sum of its entries.
CREATE TABLE account (
    partner_id    bigint PRIMARY KEY REFERENCES partner (id),
    currency      text   NOT NULL DEFAULT 'CNY',
    balance       bigint NOT NULL DEFAULT 0,
    credit_limit  bigint NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
    last_entry    bigint NOT NULL DEFAULT 0,      -- entry.seq of the newest entry
    CONSTRAINT account_funds CHECK (balance + credit_limit >= 0)
);

-- Movements of money. Insert-only; seq counts per account without gaps. A row is one movement,
-- or the run of charges that one commit made: then seq, amount and balance_after are those of
-- its end, and the two arrays say what each order cost. Readers go through each_entry.
CREATE TABLE entry (
    partner_id     bigint NOT NULL,
    seq            bigint NOT NULL,
    kind           text   NOT NULL CHECK (kind IN ('deposit', 'charge', 'refund', 'adjustment')),
    amount         bigint NOT NULL,
    balance_after  bigint NOT NULL,
    order_id       bigint,
    order_ids      bigint[],                      -- a run: the orders, in the order of their numbers
    amounts        bigint[],                      -- a run: the amount of each; they add up to amount
    reference      text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partner_id, seq),
    CONSTRAINT entry_sign CHECK (CASE kind WHEN 'charge' THEN amount <= 0 WHEN 'adjustment' THEN true ELSE amount >= 0 END),
    CONSTRAINT entry_run CHECK (CASE WHEN order_ids IS NULL THEN amounts IS NULL
        ELSE kind = 'charge' AND order_id IS NULL AND cardinality(order_ids) > 1 AND cardinality(amounts) = cardinality(order_ids) END)
);
-- Compressing the runs took a twentieth of a commit.
ALTER TABLE entry ALTER COLUMN order_ids SET STORAGE EXTERNAL, ALTER COLUMN amounts SET STORAGE EXTERNAL;
-- The same reference twice changes nothing (deposits by the operator's reference, refunds by the attempt).
CREATE UNIQUE INDEX entry_reference ON entry (partner_id, kind, reference) WHERE reference IS NOT NULL;

-- The entries of one row.
CREATE FUNCTION entries_of(e entry)
RETURNS TABLE (seq bigint, kind text, amount bigint, balance_after bigint, order_id bigint, reference text, created_at timestamptz)
LANGUAGE sql IMMUTABLE AS $$
    SELECT e.seq - coalesce(cardinality(e.order_ids), 1) + one.n, e.kind, one.amount,
           (e.balance_after - e.amount + sum(one.amount) OVER (ORDER BY one.n))::bigint, one.order_id, e.reference, e.created_at
    FROM unnest(coalesce(e.order_ids, ARRAY[e.order_id]), coalesce(e.amounts, ARRAY[e.amount]))
         WITH ORDINALITY AS one (order_id, amount, n)
$$;

CREATE VIEW each_entry AS SELECT e.partner_id, one.* FROM entry e CROSS JOIN LATERAL entries_of(e) AS one;

-- The entries of an account numbered p_lo <= seq < p_hi; costs what it returns, and the ends of two runs.
CREATE FUNCTION entries_between(p_partner bigint, p_lo bigint, p_hi bigint)
RETURNS TABLE (seq bigint, kind text, amount bigint, balance_after bigint, order_id bigint, reference text, created_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT one.* FROM entry e CROSS JOIN LATERAL entries_of(e) AS one
    WHERE e.partner_id = p_partner AND e.seq >= p_lo
      AND e.seq <= coalesce((SELECT min(last.seq) FROM entry last WHERE last.partner_id = p_partner AND last.seq >= p_hi - 1), p_hi)
      AND one.seq >= p_lo AND one.seq < p_hi
$$;

CREATE TABLE api_key (
    key_id         text PRIMARY KEY,              -- qk_…
    partner_id     bigint NOT NULL REFERENCES partner (id),
    signing_key    bytea NOT NULL,                -- wrapped by the vault
    delivery_key   bytea NOT NULL,                -- wrapped by the vault
    scopes         text[] NOT NULL,
    allow_ips      text[] NOT NULL DEFAULT '{}',  -- CIDRs; empty: anywhere
    rate_per_s     integer CHECK (rate_per_s > 0),
    replaces       text,                          -- the key this one was rotated from
    expires_at     timestamptz,                   -- end of a rotation's overlap
    revoked_at     timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX api_key_partner ON api_key (partner_id);

-- Nonces of signed writes that are not idempotent by themselves (cancel, replay, test).
CREATE TABLE used_nonce (
    key_id   text NOT NULL,
    nonce    text NOT NULL,
    used_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key_id, nonce)
);

-- ---------------------------------------------------------------- codes

-- The codes of one stock, numbered 0 … size-1 without gaps.
CREATE TABLE pool (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name              text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    size              bigint NOT NULL DEFAULT 0,  -- codes on sale or sold: seq < size
    next_seq          bigint NOT NULL DEFAULT 0,  -- never leased yet: next_seq <= seq < size
    generation        bigint NOT NULL DEFAULT 0,  -- grows whenever codes may have become claimable
    case_insensitive  boolean NOT NULL DEFAULT false,
    ignore_spaces     boolean NOT NULL DEFAULT false,
    purchased         boolean NOT NULL DEFAULT false,  -- holds what a SKU buys on demand: migration 0022
    created_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pool_cursor CHECK (0 <= next_seq AND next_seq <= size)
);

-- One import or generation into a pool; owns one data key.
CREATE TABLE batch (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id       bigint NOT NULL REFERENCES pool (id),
    kind          text NOT NULL CHECK (kind IN ('import', 'generate', 'purchase')),
    state         text NOT NULL DEFAULT 'staged' CHECK (state IN ('staged', 'on_sale', 'discarded')),
    data_key      bytea,                          -- wrapped by the vault
    source        text NOT NULL DEFAULT '',       -- file name or pattern, for people
    source_sha256 bytea,                          -- of the file and the options: finds what to resume
    lo            bigint NOT NULL,                -- first seq
    imported      bigint NOT NULL DEFAULT 0,      -- seqs lo … lo+imported-1
    duplicates    bigint NOT NULL DEFAULT 0,
    rejected      bigint NOT NULL DEFAULT 0,
    lines_done    bigint NOT NULL DEFAULT 0,      -- progress of a staged import
    bytes_done    bigint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    completed_at  timestamptz
);
CREATE INDEX batch_pool ON batch (pool_id, id);
-- One unfinished import per pool: dense numbers need one writer.
CREATE UNIQUE INDEX batch_staged ON batch (pool_id) WHERE state = 'staged';

CREATE TABLE code (
    pool_id   bigint NOT NULL,
    seq       bigint NOT NULL,
    batch_id  bigint NOT NULL,
    sealed    bytea  NOT NULL,                    -- AEAD, bound to (pool, batch, seq)
    PRIMARY KEY (pool_id, seq)
);
ALTER TABLE code ALTER COLUMN sealed SET STORAGE MAIN;

-- The keyed blind index: finds duplicates without plaintext.
CREATE TABLE code_fingerprint (
    fingerprint  uuid   NOT NULL,                 -- 128 bits of HMAC-SHA-256
    pool_id      bigint NOT NULL,
    batch_id     bigint NOT NULL,
    PRIMARY KEY (fingerprint, pool_id)
);

-- I1: a code is in at most one delivery. Insert-only. A void code is an allocation to
-- nobody, so that the same key that stops a double sale stops the sale of a void code.
CREATE TABLE allocation (
    pool_id   bigint NOT NULL,
    seq       bigint NOT NULL,
    order_id  bigint,                             -- NULL: void
    lease_id  bigint,
    PRIMARY KEY (pool_id, seq)
);

CREATE TABLE code_void (
    pool_id    bigint NOT NULL,
    seq        bigint NOT NULL,
    reason     text NOT NULL,
    voided_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (pool_id, seq)
);

-- A range [lo, hi) of a pool held by one worker. I7: disjoint, epochs only grow.
CREATE TABLE lease (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id     bigint NOT NULL,
    lo          bigint NOT NULL,
    hi          bigint NOT NULL,
    worker_id   uuid   NOT NULL,
    epoch       bigint NOT NULL DEFAULT 1,
    state       text   NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'closed')),
    granted_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    CONSTRAINT lease_range CHECK (0 <= lo AND lo < hi),
    -- 2^40 codes a pool: the two numbers in one, so that no extension is needed.
    CONSTRAINT lease_disjoint EXCLUDE USING gist
        (int8range((pool_id << 40) + lo, (pool_id << 40) + hi) WITH &&) WHERE (state = 'active')
);
CREATE INDEX lease_active ON lease (pool_id) WHERE state = 'active';
CREATE INDEX lease_worker ON lease (worker_id) WHERE state = 'active';

-- What reclaimed leases left over: granted again before anything new.
CREATE TABLE fragment (
    pool_id  bigint NOT NULL,
    lo       bigint NOT NULL,
    hi       bigint NOT NULL,
    PRIMARY KEY (pool_id, lo),
    CONSTRAINT fragment_range CHECK (0 <= lo AND lo < hi),
    CONSTRAINT fragment_disjoint EXCLUDE USING gist
        (int8range((pool_id << 40) + lo, (pool_id << 40) + hi) WITH &&)
);

-- A running worker process. Its slot is part of every id it makes.
CREATE TABLE worker (
    slot        smallint PRIMARY KEY CHECK (slot BETWEEN 0 AND 1023),
    worker_id   uuid NOT NULL UNIQUE,
    host        text NOT NULL,
    pid         integer NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);
CREATE SEQUENCE worker_slot MINVALUE 0 MAXVALUE 1023 START 0 CYCLE;

-- ---------------------------------------------------------------- what is sold

CREATE TABLE sku (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku             text NOT NULL UNIQUE CHECK (sku ~ '^[A-Za-z0-9._-]{1,64}$'),
    name            text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('code', 'link', 'qr', 'topup', 'bundle')),
    pool_id         bigint REFERENCES pool (id),              -- sold from its stock
    purchase_pool_id bigint REFERENCES pool (id),             -- or bought on demand into it
    price           bigint NOT NULL CHECK (price >= 0),       -- minor units, for one
    currency        text NOT NULL DEFAULT 'CNY',
    face_value      bigint CHECK (face_value >= 0),
    account_rule    text,
    per_buyer       integer CHECK (per_buyer > 0),
    quantity_max    integer CHECK (quantity_max > 0),         -- in one order; NULL: what the API and the routes allow
    low_stock       bigint NOT NULL DEFAULT 100,              -- stock_level 'low' below this
    offered_to_all  boolean NOT NULL DEFAULT true,
    on_sale         boolean NOT NULL DEFAULT true,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sku_source CHECK (num_nonnulls(pool_id, purchase_pool_id) = CASE WHEN kind IN ('code', 'link', 'qr') THEN 1 ELSE 0 END)
);

CREATE TABLE sku_offer (
    sku_id      bigint NOT NULL REFERENCES sku (id),
    partner_id  bigint NOT NULL REFERENCES partner (id),
    price       bigint CHECK (price >= 0),                    -- NULL: the SKU's own
    PRIMARY KEY (sku_id, partner_id)
);

-- A flash sale: a window of time, and limits tighter than the SKU's own.
CREATE TABLE campaign (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    sku_id     bigint NOT NULL REFERENCES sku (id),
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    per_buyer  integer CHECK (per_buyer > 0),
    CONSTRAINT campaign_window CHECK (starts_at < ends_at)
);

CREATE TABLE upstream (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    connector       text NOT NULL,
    base_url        text NOT NULL,
    settings        bytea NOT NULL,               -- JSON, wrapped by the vault, purpose 'upstream'
    callback_token  text NOT NULL,                -- secret part of the callback URL where a platform does not sign
    paused          boolean NOT NULL DEFAULT false,
    calls_per_s     double precision CHECK (calls_per_s > 0),  -- what the platform allows; NULL: no limit
    created_at      timestamptz NOT NULL DEFAULT now()
);

-- Where a top-up, or a code on demand, can be bought.
CREATE TABLE route (
    sku_id       bigint NOT NULL REFERENCES sku (id),
    upstream_id  bigint NOT NULL REFERENCES upstream (id),
    product_id   text NOT NULL,
    priority     integer NOT NULL DEFAULT 0,      -- smaller first
    cost         bigint CHECK (cost >= 0),        -- minor units, for one; NULL: not known
    PRIMARY KEY (sku_id, upstream_id, product_id)
);

-- ---------------------------------------------------------------- orders

CREATE TABLE orders (
    partner_id          bigint NOT NULL,
    id                  bigint NOT NULL,          -- order_no: time-ordered, made by the worker
    out_order_no        text   NOT NULL,
    content_hash        bytea  NOT NULL,          -- 16 bytes of the content with defaults filled in
    sku_id              bigint NOT NULL,
    quantity            integer NOT NULL CHECK (quantity BETWEEN 1 AND 500),
    amount              bigint NOT NULL CHECK (amount >= 0),
    state               text NOT NULL CHECK (state IN
                            ('processing',        -- paid, not delivered yet
                             'uncertain',         -- processing ⇄ uncertain: we are finding out
                             'delivered',         -- processing → delivered
                             'partial',           -- processing → partial; the missing part is refunded
                             'failed',            -- processing → failed; refunded
                             'reversed')),        -- delivered | partial → reversed
    delivered_quantity  integer NOT NULL DEFAULT 0,
    pool_id             bigint,
    seqs                bigint[],                 -- the codes, as allocated
    account             text,
    metadata            text,                     -- JSON object of strings, as given
    details             text,                     -- JSON: campaign, buyer, notify_url, max_amount
    failure             text,                     -- JSON {code, detail}
    last_event          integer NOT NULL DEFAULT 0,   -- webhook sequence
    parked              text,                     -- a contradiction that waits for a person
    commit_no           bigint,                   -- the reveal (audit) row of its commit
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    PRIMARY KEY (partner_id, id),
    UNIQUE (partner_id, out_order_no),            -- I5
    CONSTRAINT orders_quantity CHECK (                    -- I2
        CASE state WHEN 'delivered' THEN delivered_quantity = quantity
                   WHEN 'partial' THEN delivered_quantity > 0 AND delivered_quantity < quantity
                   WHEN 'failed' THEN delivered_quantity = 0
                   WHEN 'reversed' THEN true
                   ELSE delivered_quantity = 0 END
        AND (seqs IS NULL OR cardinality(seqs) = delivered_quantity))
) WITH (fillfactor = 95);
CREATE INDEX orders_unusual ON orders (partner_id, state, id) WHERE state <> 'delivered';
CREATE INDEX orders_parked ON orders (id) WHERE parked IS NOT NULL;

-- What one buyer already bought of a SKU; written under the partner's account lock.
CREATE TABLE buyer_usage (
    partner_id  bigint NOT NULL,
    sku_id      bigint NOT NULL,
    buyer_id    text   NOT NULL,
    used        bigint NOT NULL CHECK (used >= 0),
    PRIMARY KEY (partner_id, sku_id, buyer_id)
);

-- One call to an upstream. Committed before anything is sent (design D7).
CREATE TABLE attempt (
    id                bigint PRIMARY KEY,         -- our number upstream
    partner_id        bigint NOT NULL,
    order_id          bigint NOT NULL,
    upstream_id       bigint NOT NULL,
    product_id        text   NOT NULL,
    account           text   NOT NULL,            -- '': it buys codes
    quantity          integer NOT NULL,
    cost_max          bigint,                     -- price guard, minor units, total
    face_value        bigint,                     -- of one piece, minor units; NULL: not known
    state             text NOT NULL CHECK (state IN
                          ('created',             -- committed; perhaps sent
                           'accepted',            -- the upstream said it is working on it
                           'uncertain',           -- nobody knows; queries find out
                           'succeeded', 'partial',
                           'rejected',            -- definitely not executed
                           'failed',              -- executed without effect, or cancelled
                           'reversed')),
    upstream_no       text,
    cost              bigint,
    delivered_quantity integer NOT NULL DEFAULT 0,
    code              text,                       -- their word for the outcome
    message           text,
    queries           integer NOT NULL DEFAULT 0,
    not_found         integer NOT NULL DEFAULT 0,
    next_check_at     timestamptz,                -- NULL: nothing to do
    owner             uuid,                       -- worker that holds it in memory
    created_at        timestamptz NOT NULL DEFAULT now(),
    sent_at           timestamptz,
    updated_at        timestamptz NOT NULL DEFAULT now()
) WITH (
    fillfactor = 50,                              -- three more versions follow; the first needs no index entry
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000  -- the poll reads past dead entries of attempt_due
);
-- I6: one live attempt per order.
CREATE UNIQUE INDEX attempt_live ON attempt (order_id)
    WHERE state IN ('created', 'accepted', 'uncertain', 'succeeded', 'partial');
CREATE INDEX attempt_due ON attempt (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX attempt_order ON attempt (order_id);

-- ---------------------------------------------------------------- messages to partners

CREATE TABLE webhook_endpoint (
    partner_id      bigint PRIMARY KEY REFERENCES partner (id),
    url             text NOT NULL,
    disabled_at     timestamptz,
    disabled_why    text,
    failing_since   timestamptz
);

CREATE TABLE webhook (
    id               bigint PRIMARY KEY,          -- webhook-id is 'msg_' || id
    partner_id       bigint NOT NULL,
    order_id         bigint,
    type             text NOT NULL,
    sequence         integer NOT NULL,            -- grows per order
    url              text,                        -- the order's notify_url; NULL: the partner's endpoint
    body             bytea,                       -- fixed at the first attempt
    state            text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts         integer NOT NULL DEFAULT 0,
    last_status      integer,
    last_error       text,
    next_attempt_at  timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_due ON webhook (next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_partner ON webhook (partner_id, id);
CREATE INDEX webhook_order ON webhook (order_id);

-- ---------------------------------------------------------------- proof

-- D6: decides whether a commit whose answer was lost took place.
CREATE TABLE commit_batch (
    id            uuid PRIMARY KEY,
    outcome       text NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'void')),
    committed_at  timestamptz NOT NULL DEFAULT now()
);

-- I13: every view of plaintext, as hash chains. One row per commit or per group of reads:
-- hash = sha256(previous hash || digest of the items). `items` is NULL for a commit, whose
-- items are the orders that name this row (orders.commit_no).
CREATE SEQUENCE reveal_no;
CREATE TABLE reveal (
    no           bigint PRIMARY KEY,
    chain        integer NOT NULL,
    height       bigint NOT NULL,
    via          text NOT NULL,
    items        jsonb,
    digest       bytea NOT NULL,
    hash         bytea NOT NULL,
    revealed_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (chain, height)
);
CREATE TABLE reveal_head (
    chain   integer PRIMARY KEY,
    height  bigint NOT NULL,
    hash    bytea NOT NULL
);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'QG003';
END $$;
CREATE TRIGGER reveal_insert_only BEFORE UPDATE OR DELETE ON reveal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER allocation_insert_only BEFORE UPDATE OR DELETE ON allocation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_insert_only BEFORE UPDATE OR DELETE ON entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------- news

-- Every administrative change tells the running workers at the commit. Payload: 'catalog'.
CREATE FUNCTION announce_catalog() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('quangate', 'catalog');
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON partner FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON api_key FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON sku FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON sku_offer FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON campaign FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON upstream FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON route FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON webhook_endpoint FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

-- A pool's generation grows when codes may have become claimable. Payload: 'pool:<id>'.
CREATE FUNCTION announce_pool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('quangate', 'pool:' || NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER announce_generation AFTER UPDATE OF generation ON pool FOR EACH ROW
    WHEN (NEW.generation <> OLD.generation) EXECUTE FUNCTION announce_pool();
CREATE TRIGGER announce AFTER INSERT ON pool FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
