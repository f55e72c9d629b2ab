-- Which number a code has, beside what finds it: from a code to the order that has it without opening a record.
-- NULL: from before.
ALTER TABLE code_fingerprint ADD COLUMN seq bigint CHECK (seq >= 0);
