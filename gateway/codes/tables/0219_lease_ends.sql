-- Why a lease was closed, so that its holder can say what it lost. NULL: it is active, or a release
-- before this closed it.
ALTER TABLE lease ADD COLUMN closed_why text;
