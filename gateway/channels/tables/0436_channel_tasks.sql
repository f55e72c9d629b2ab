-- Orders that houses push, or that are fetched from them: nobody waits for an answer, so what is still to be
-- done with each is kept. Written before the house hears that we have it, so that none can be forgotten.
CREATE TABLE channel_task (
    partner_id       bigint  NOT NULL,
    number           text    NOT NULL CHECK (number ~ '^[A-Za-z0-9._:-]{1,64}$'),  -- the house's, and the partner's out_order_no
    channel_id       bigint  NOT NULL,
    told             text    NOT NULL,                -- JSON: what the house said of it first
    wish             text    NOT NULL,                -- JSON: the same as it was read last
    state            text    NOT NULL DEFAULT 'new' CHECK (state IN
                         ('new',       -- known, nothing done
                          'unmapped',  -- its product stands for no SKU: left alone
                          'taking',    -- the house is being told that it is ours
                          'taken',     -- it may be ordered
                          'placed',    -- it is an order of ours
                          'refused',   -- it is none, and the house is being told so
                          'held',      -- a person has to look
                          'done')),    -- the house knows how it ended
    refund_asked     boolean NOT NULL DEFAULT false,
    why              text,                            -- of the last step that was no success
    attempts         integer NOT NULL DEFAULT 0,      -- in this state
    next_attempt_at  timestamptz DEFAULT now(),       -- NULL: nothing more by itself
    created_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partner_id, number)
);
CREATE INDEX channel_task_due ON channel_task (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX channel_task_waits ON channel_task (state, channel_id) WHERE state IN ('unmapped', 'held');
CREATE INDEX channel_task_created ON channel_task (created_at);

-- When a house was last asked for its orders, so that workers take turns.
CREATE TABLE channel_poll (
    channel_id  bigint PRIMARY KEY REFERENCES channel (id),
    polled_at   timestamptz NOT NULL
);
