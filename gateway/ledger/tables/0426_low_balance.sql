-- Below which a partner is told that its money runs low; NULL: when nothing is left.
ALTER TABLE account ADD COLUMN low bigint;
