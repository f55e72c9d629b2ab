-- A decision is one row, made when it is carried out; what waits for a second person is an approval.
-- Nobody approved it: it was decided alone, for want of anybody else.
ALTER TABLE resolution DROP CONSTRAINT resolution_approved;
ALTER TABLE resolution ADD CONSTRAINT resolution_approved CHECK (approved_by IS NULL OR approved_at IS NOT NULL);
-- Proposals that nobody can approve any more; the log of changes has them.
DELETE FROM resolution WHERE approved_at IS NULL;
