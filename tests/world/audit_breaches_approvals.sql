-- Breaches of what wants a second person; how they are read: audit_breaches.sql.

-- breach: i13_change_guards: the guard approval_four_eyes of approval is missing
ALTER TABLE approval DROP CONSTRAINT approval_four_eyes;

-- breach: i13_change_guards: the guard approval_content of approval is switched off
ALTER TABLE approval DISABLE TRIGGER approval_content;

-- breach: i13_change_guards: the guard approval_stays of approval is not the one that was made
DROP TRIGGER approval_stays ON approval;
CREATE TRIGGER approval_stays BEFORE UPDATE ON approval FOR EACH ROW WHEN (OLD.id < 0) EXECUTE FUNCTION public.refuse_change();
