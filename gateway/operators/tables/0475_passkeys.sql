-- What an operator's authenticators signed up with: the public half, which says that the other one was there. A row is
-- never deleted and never good again: what was done with it names it.
CREATE TABLE passkey (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    passkey_id     text NOT NULL UNIQUE,          -- names it in the log of changes; no secret
    operator_id    bigint NOT NULL REFERENCES operator,
    credential_id  bytea NOT NULL UNIQUE CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    public_key     bytea NOT NULL,                -- COSE
    site           text NOT NULL,                 -- the host name it was made for, and works for
    label          text NOT NULL CHECK (char_length(label) BETWEEN 1 AND 64),
    sign_count     bigint NOT NULL CHECK (sign_count >= 0),
    created_at     timestamptz NOT NULL DEFAULT now(),
    used_at        timestamptz,
    revoked_at     timestamptz
);
CREATE INDEX passkey_by_operator ON passkey (operator_id, id);

CREATE FUNCTION passkey_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sign_count < OLD.sign_count THEN
        RAISE EXCEPTION 'passkey %: its counter goes back, from % to %', OLD.passkey_id, OLD.sign_count, NEW.sign_count USING ERRCODE = 'check_violation';
    ELSIF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'passkey %: what was revoked stays so', OLD.passkey_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER passkey_kept BEFORE UPDATE ON passkey FOR EACH ROW EXECUTE FUNCTION passkey_kept();

-- Challenges that were answered well: each is good for one answer. Forgotten when their term is over.
CREATE TABLE passkey_answer (
    hash  bytea PRIMARY KEY CHECK (octet_length(hash) = 32),  -- sha256 of the challenge
    at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX passkey_answer_by_time ON passkey_answer (at);
