-- People who run the shop. Nothing of them is deleted: what they did names them for ever.
CREATE TABLE operator (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    person          text NOT NULL CHECK (person ~ '^[A-Za-z0-9._-]{1,64}$'),  -- accounts of one person are one in approvals
    password        text NOT NULL CHECK (password LIKE '$argon2id$%'),
    totp_secret     bytea NOT NULL,               -- wrapped under the key file
    totp_step       bigint NOT NULL DEFAULT 0,    -- the newest that was used: it and all before it are spent
    made_by         text NOT NULL,                -- os:USER@HOST, or an operator's name
    maker_id        bigint REFERENCES operator,   -- NULL: the shell
    disabled_at     timestamptz,
    frozen_at       timestamptz,                  -- since then he may see no code
    sessions_since  timestamptz NOT NULL DEFAULT now(),  -- older sessions are over
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OF disabled_at, frozen_at ON operator
    FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

CREATE TABLE recovery_code (
    operator_id  bigint NOT NULL REFERENCES operator,
    hash         bytea NOT NULL CHECK (octet_length(hash) = 32),  -- sha256 of 80 random bits
    used_at      timestamptz,
    PRIMARY KEY (operator_id, hash)
);

-- A shipped role has the patterns of its release (operators/roles.py); a row adds a permission, or takes one away.
CREATE TABLE role (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    created_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO role (name) VALUES ('viewer'), ('support'), ('stock'), ('catalog'), ('finance'), ('risk'), ('ops'), ('admin');
CREATE TABLE role_permission (
    role_id     bigint NOT NULL REFERENCES role,
    permission  text NOT NULL CHECK (permission ~ '^[a-z-]{1,64}:[a-z-]{1,64}$'),
    granted     boolean NOT NULL,
    PRIMARY KEY (role_id, permission)
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON role_permission
    FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

CREATE TABLE operator_role (
    operator_id  bigint NOT NULL REFERENCES operator,
    role_id      bigint NOT NULL REFERENCES role,
    PRIMARY KEY (operator_id, role_id)
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON operator_role
    FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

CREATE TABLE token (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_id     text NOT NULL UNIQUE,
    operator_id  bigint NOT NULL REFERENCES operator,
    label        text NOT NULL,
    hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),  -- sha256 of 256 random bits
    permissions  text[],                          -- NULL: whatever its owner may
    made_by      text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz
);
CREATE INDEX token_by_operator ON token (operator_id, id);
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON token FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
