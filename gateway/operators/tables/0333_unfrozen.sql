-- Since when views of an operator count again: what he saw before somebody else let him go on does not.
ALTER TABLE operator ADD COLUMN unfrozen_at timestamptz;
