-- A request that takes several transactions (a job) says that it is alive. One that has not for a while is taken
-- over by whoever asks again with its key; what it writes after that is refused by the number of its try.
ALTER TABLE desk_request
    ADD COLUMN try integer NOT NULL DEFAULT 1,
    ADD COLUMN alive_until timestamptz,           -- NULL: over with its transaction, or of an older worker
    ADD COLUMN change_id bigint;                  -- what it did: the newest, written in the transaction of the effect
