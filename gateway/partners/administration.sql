-- What its actions and views ask.

-- name: insert_partner
-- No row: the name is taken.
INSERT INTO partner (name, webhook_secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id

-- name: insert_account
INSERT INTO account (partner_id) VALUES ($1) RETURNING partner_id

-- name: insert_zone
INSERT INTO partner_zone (partner_id, since, zone) VALUES ($1, '-infinity', $2)

-- name: change_zone
SELECT change_zone($1, $2)

-- name: zone_is_known
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1) AS known

-- name: trace_zone
-- The last that was set; no row: none ever was.
SELECT z.partner_id::text AS partner_id, z.since, z.zone
FROM partner p JOIN partner_zone z ON z.partner_id = p.id WHERE p.name = $1 ORDER BY z.since DESC LIMIT 1

-- name: list_partners
SELECT p.name AS partner, a.balance, a.credit_limit, a.currency, zone_of(p.id, 'infinity') AS zone,
       (SELECT count(*) FROM api_key k WHERE k.partner_id = p.id AND k.revoked_at IS NULL
           AND (k.expires_at IS NULL OR k.expires_at > now())) AS live_keys,
       p.created_at
FROM partner p JOIN account a ON a.partner_id = p.id ORDER BY p.name

-- name: show_partner
SELECT p.name AS partner, a.balance, a.credit_limit, a.currency, zone_of(p.id, 'infinity') AS zone, p.created_at,
       w.url AS webhook_url, w.disabled_at AS webhook_disabled_at, w.disabled_why AS webhook_disabled_why
FROM partner p JOIN account a ON a.partner_id = p.id LEFT JOIN webhook_endpoint w ON w.partner_id = p.id
WHERE p.name = $1

-- name: lock_account
-- Orders of this partner wait until we commit.
SELECT a.partner_id, a.balance, a.credit_limit, a.low, a.currency
FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1 FOR NO KEY UPDATE OF a

-- name: entry_by_reference
SELECT e.amount, j.reason FROM entry e LEFT JOIN adjustment j ON j.partner_id = e.partner_id AND j.seq = e.seq
WHERE e.partner_id = $1 AND e.kind = $2 AND e.reference = $3

-- name: announce_money
-- Workers that found the account short ask again at once (orders/refused_lately.py).
SELECT pg_notify('quangate', 'money:' || $1::bigint) AS announced

-- name: insert_entry
-- The account row is locked. Entry numbers have no gaps, so both change in one statement.
WITH moved AS (
    UPDATE account SET balance = balance + $3, last_entry = last_entry + 1
    WHERE partner_id = $1 RETURNING balance, last_entry
)
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, reference)
SELECT $1, last_entry, $2, $3, balance, $4 FROM moved RETURNING balance_after AS balance, seq

-- name: insert_adjustment
INSERT INTO adjustment (partner_id, seq, reason, made_by) VALUES ($1, $2, $3, $4) RETURNING seq

-- name: tell_balance_low
SELECT tell_balance_low(ARRAY[$1::bigint])

-- name: set_credit_limit
UPDATE account SET credit_limit = $2 WHERE partner_id = $1 RETURNING credit_limit

-- name: set_low
UPDATE account SET low = $2 WHERE partner_id = $1 RETURNING partner_id

-- name: show_account
SELECT p.name AS partner, a.balance, a.credit_limit, a.balance + a.credit_limit AS available, a.low, a.currency
FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1

-- name: newest_entries
SELECT e.seq::text AS id, e.kind, e.amount, e.balance_after, e.order_id::text AS order_no, e.reference, e.created_at
FROM partner p JOIN account a ON a.partner_id = p.id
CROSS JOIN LATERAL entries_between(p.id, a.last_entry + 1 - $2::bigint, a.last_entry + 1) AS e WHERE p.name = $1 ORDER BY e.seq DESC

-- ---------------------------------------------------------------- API keys

-- name: insert_key
INSERT INTO api_key (key_id, partner_id, signing_key, delivery_key, scopes, allow_ips, rate_per_s, replaces)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING key_id

-- name: own_key
-- The newest live key of a partner whose id begins like this; its secrets stay wrapped.
SELECT key_id, signing_key, delivery_key FROM api_key
WHERE partner_id = $1 AND starts_with(key_id, $2) AND revoked_at IS NULL AND expires_at IS NULL
ORDER BY created_at DESC, key_id LIMIT 1

-- name: working_key
-- The secrets of a key that works, wrapped.
SELECT signing_key, delivery_key FROM api_key
WHERE key_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())

-- name: lock_key
SELECT k.key_id, k.partner_id, p.name AS partner, k.scopes, k.allow_ips, k.rate_per_s, k.expires_at,
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired'
            WHEN k.expires_at IS NOT NULL THEN 'rotated' ELSE 'live' END AS state
FROM api_key k JOIN partner p ON p.id = k.partner_id WHERE k.key_id = $1 FOR NO KEY UPDATE OF k

-- name: expire_key
UPDATE api_key SET expires_at = now() + make_interval(secs => $2) WHERE key_id = $1 RETURNING expires_at

-- name: revoke_key
UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE key_id = $1 RETURNING revoked_at

-- name: list_keys
-- $1 NULL: of every partner.
SELECT k.key_id, p.name AS partner,
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired'
            WHEN k.expires_at IS NOT NULL THEN 'rotated' ELSE 'live' END AS state,
       k.scopes, k.allow_ips, k.rate_per_s AS rate, k.replaces, k.expires_at, k.created_at
FROM api_key k JOIN partner p ON p.id = k.partner_id
WHERE $1::text IS NULL OR p.name = $1 ORDER BY p.name, k.created_at, k.key_id

-- ---------------------------------------------------------------- for the log of changes

-- name: trace_partner
SELECT id::text AS id, name, webhook_secret_old_until, created_at FROM partner WHERE name = $1 FOR NO KEY UPDATE

-- name: trace_key
SELECT key_id, partner_id::text AS partner_id, scopes, allow_ips, rate_per_s, replaces, expires_at, revoked_at, created_at
FROM api_key WHERE key_id = $1 FOR NO KEY UPDATE
