-- What somebody wants to do that wants a second person; kept for ever, with what became of it.
CREATE TABLE approval (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action             text NOT NULL,                  -- noun.verb
    permission         text NOT NULL,                  -- the action's: who approves has it, too
    subject            text NOT NULL,
    summary            text NOT NULL,
    parameters         text NOT NULL,                  -- JSON, as it will be done
    parameters_sha256  bytea NOT NULL,
    requested_by       text NOT NULL,                  -- os:USER@HOST, or an operator's name
    requester_person   text NOT NULL,                  -- os: is the shell's, whatever the user
    requested_from     text NOT NULL,
    how                jsonb NOT NULL,                 -- as of a change
    reason             text,
    state              text NOT NULL DEFAULT 'waiting',
    requested_at       timestamptz NOT NULL DEFAULT now(),
    expires_at         timestamptz NOT NULL,
    decided_by         text,
    decider_person     text,
    decided_from       text,
    decided_at         timestamptz,
    decision_reason    text,
    result             jsonb,                          -- of what was done, without what is shown once; or why it was not
    redeemed_at        timestamptz,                    -- when the requester used it, of what shows a secret
    CONSTRAINT approval_states CHECK (state IN ('waiting', 'done', 'failed', 'refused', 'expired', 'stale')),
    CONSTRAINT approval_four_eyes CHECK (lower(decider_person) <> lower(requester_person)),
    CONSTRAINT approval_decided CHECK (
        num_nonnulls(decided_by, decider_person, decided_at) = CASE WHEN state IN ('waiting', 'expired') THEN 0 ELSE 3 END),
    CONSTRAINT approval_parameters CHECK (parameters_sha256 = sha256(convert_to(parameters, 'UTF8'))),
    CONSTRAINT approval_redeemed CHECK (redeemed_at IS NULL OR state = 'done')
);
CREATE INDEX approval_waiting ON approval (requested_by, id) WHERE state = 'waiting';

-- What is asked for does not change, and what was decided stays decided.
CREATE TRIGGER approval_content BEFORE UPDATE ON approval FOR EACH ROW
    WHEN ((OLD.id, OLD.action, OLD.permission, OLD.subject, OLD.summary, OLD.parameters, OLD.parameters_sha256, OLD.requested_by,
           OLD.requester_person, OLD.requested_from, OLD.how, OLD.requested_at, OLD.expires_at)
          IS DISTINCT FROM
          (NEW.id, NEW.action, NEW.permission, NEW.subject, NEW.summary, NEW.parameters, NEW.parameters_sha256, NEW.requested_by,
           NEW.requester_person, NEW.requested_from, NEW.how, NEW.requested_at, NEW.expires_at)
          OR OLD.reason IS DISTINCT FROM NEW.reason)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER approval_stays BEFORE UPDATE ON approval FOR EACH ROW
    WHEN (OLD.state <> 'waiting' AND (OLD.state <> NEW.state OR OLD.decided_by IS DISTINCT FROM NEW.decided_by
          OR OLD.decider_person IS DISTINCT FROM NEW.decider_person OR OLD.result IS DISTINCT FROM NEW.result
          OR OLD.redeemed_at IS NOT NULL))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER approval_kept BEFORE DELETE ON approval FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was done alone for want of a second person; `quangate doctor` counts the newest.
CREATE INDEX change_alone ON change (at) WHERE how ? 'alone';
