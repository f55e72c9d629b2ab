-- The nonces of signed writes that are not idempotent by themselves.

-- name: use_nonce
-- No row: this key used the nonce within the time given.
INSERT INTO used_nonce AS u (key_id, nonce) VALUES ($1, $2)
ON CONFLICT (key_id, nonce) DO UPDATE SET used_at = now()
WHERE u.used_at < now() - make_interval(secs => $3) RETURNING u.nonce

-- name: prune_nonces
DELETE FROM used_nonce WHERE used_at < now() - make_interval(secs => $1)
