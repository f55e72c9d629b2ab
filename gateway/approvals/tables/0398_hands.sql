-- Whose hands a request and its decision came from: the person, and whoever made the token it came with, or a token
-- that this one was made with. Nobody decides what came from his own hands.
ALTER TABLE approval ADD COLUMN requester_hands text[] NOT NULL DEFAULT '{}', ADD COLUMN decider_hands text[];
ALTER TABLE approval ADD CONSTRAINT approval_hands CHECK (NOT requester_hands && decider_hands);
DROP TRIGGER approval_content ON approval;
CREATE TRIGGER approval_content BEFORE UPDATE ON approval FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.action IS DISTINCT FROM NEW.action OR OLD.permission IS DISTINCT FROM NEW.permission
          OR OLD.subject IS DISTINCT FROM NEW.subject OR OLD.summary IS DISTINCT FROM NEW.summary
          OR OLD.parameters IS DISTINCT FROM NEW.parameters OR OLD.parameters_sha256 IS DISTINCT FROM NEW.parameters_sha256
          OR OLD.requested_by IS DISTINCT FROM NEW.requested_by OR OLD.requester_person IS DISTINCT FROM NEW.requester_person
          OR OLD.requester_hands IS DISTINCT FROM NEW.requester_hands
          OR OLD.requested_from IS DISTINCT FROM NEW.requested_from OR OLD.how IS DISTINCT FROM NEW.how
          OR OLD.reason IS DISTINCT FROM NEW.reason OR OLD.requested_at IS DISTINCT FROM NEW.requested_at
          OR OLD.expires_at IS DISTINCT FROM NEW.expires_at)
    EXECUTE FUNCTION refuse_change();
