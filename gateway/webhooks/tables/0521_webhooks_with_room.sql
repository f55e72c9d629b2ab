-- A message gets its body when it was told, which makes its row four times as long: with room for that it stays on its
-- page. A row that moves to another page is locked before, a record of the log.
ALTER TABLE webhook SET (fillfactor = 20);
