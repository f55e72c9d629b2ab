-- A view outside a commit has its number by default (homes.md 6); a commit brings its own (0500).
ALTER TABLE reveal ALTER COLUMN no SET DEFAULT nextval('reveal_no');
