-- What a worker says it holds, so that the audit can compare it with what is in its name.
ALTER TABLE worker ADD COLUMN held bigint[];             -- lease ids, at renewed_at; NULL: it never said
ALTER TABLE worker ADD COLUMN renewed_at timestamptz;
