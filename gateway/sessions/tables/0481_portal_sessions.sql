-- Partners' own people at the portal. What a browser shows is kept as its hash only; a new one at every step-up.
CREATE TABLE portal_session (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id     text NOT NULL UNIQUE,          -- names it in the log of changes; no secret
    partner_id     bigint NOT NULL REFERENCES partner,  -- whose rows it sees, and no other's
    key_id         text REFERENCES api_key (key_id),    -- signed in by this key, or
    operator_id    bigint REFERENCES operator,          -- as this person
    hash           bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),  -- sha256 of 256 random bits
    address        text NOT NULL,                 -- where it began
    signed_in_at   timestamptz NOT NULL DEFAULT now(),
    seen_at        timestamptz NOT NULL DEFAULT now(),
    stepped_up_at  timestamptz,
    ended_at       timestamptz,
    CONSTRAINT portal_session_of CHECK (num_nonnulls(key_id, operator_id) = 1)
);
CREATE INDEX portal_session_by_time ON portal_session (signed_in_at);
