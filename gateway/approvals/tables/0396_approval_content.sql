-- The guard of what was asked for, in words that a dump gives back as they are: its text is compared.
DROP TRIGGER approval_content ON approval;
CREATE TRIGGER approval_content BEFORE UPDATE ON approval FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.action IS DISTINCT FROM NEW.action OR OLD.permission IS DISTINCT FROM NEW.permission
          OR OLD.subject IS DISTINCT FROM NEW.subject OR OLD.summary IS DISTINCT FROM NEW.summary
          OR OLD.parameters IS DISTINCT FROM NEW.parameters OR OLD.parameters_sha256 IS DISTINCT FROM NEW.parameters_sha256
          OR OLD.requested_by IS DISTINCT FROM NEW.requested_by OR OLD.requester_person IS DISTINCT FROM NEW.requester_person
          OR OLD.requested_from IS DISTINCT FROM NEW.requested_from OR OLD.how IS DISTINCT FROM NEW.how
          OR OLD.reason IS DISTINCT FROM NEW.reason OR OLD.requested_at IS DISTINCT FROM NEW.requested_at
          OR OLD.expires_at IS DISTINCT FROM NEW.expires_at)
    EXECUTE FUNCTION refuse_change();
