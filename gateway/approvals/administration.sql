-- What people ask for and decide.

-- name: waiting_of
-- How many of somebody's wait; no more than $2 are counted.
SELECT count(*) FROM (SELECT FROM approval WHERE requested_by = $1 AND state = 'waiting' AND expires_at > now() LIMIT $2) AS a

-- name: waiting_for
-- How many wait that somebody ($1: the person, $2: what he may) could decide; no more than $3 are counted.
SELECT count(*) FROM (
    SELECT FROM approval
    WHERE state = 'waiting' AND expires_at > now() AND lower(requester_person) <> lower($1) AND permission = ANY($2::text[]) LIMIT $3
) AS a

-- name: lock_requester
-- What somebody asks for is kept one after the other.
SELECT pg_advisory_xact_lock(x'51415050'::integer, hashtext($1))  -- "QAPP"

-- name: same_waiting
-- A request of somebody's ($1) that waits for just this, whyever; of several, of before, the oldest.
SELECT id FROM approval
WHERE requested_by = $1 AND state = 'waiting' AND expires_at > now() AND action = $2
  AND parameters::jsonb - 'reason' = $3::jsonb - 'reason'
ORDER BY id LIMIT 1

-- name: waits_to_make
-- The first request that waits to do $1 with $2.
SELECT id::text AS id FROM approval WHERE state = 'waiting' AND expires_at > now() AND action = $1 AND subject = $2 ORDER BY id LIMIT 1

-- name: insert_approval
INSERT INTO approval (action, permission, subject, summary, parameters, parameters_sha256, requested_by, requester_person,
                      requested_from, how, reason, expires_at, requester_hands)
VALUES ($1, $2, $3, $4, $5, sha256(convert_to($5, 'UTF8')), $6, $7, $8, $9::jsonb, $10, now() + make_interval(secs => $11), $12)
RETURNING id

-- name: show_approval
SELECT id::text AS id, action, permission, subject, summary, parameters, encode(parameters_sha256, 'hex') AS parameters_sha256, requested_by,
       reason, CASE WHEN state = 'waiting' AND expires_at <= now() THEN 'expired' ELSE state END AS state, requested_at, expires_at,
       decided_by, decided_at, decision_reason, result::text AS result, redeemed_at
FROM approval WHERE id = $1

-- name: list_approvals
-- Each filter (state, mine) may be NULL; newest first, beyond the one that $3 names. $4: how many. $5: who looks.
SELECT a.id::text AS id, a.action, a.subject, a.summary, a.requested_by, a.reason, s.state, a.requested_at, a.expires_at, a.decided_by,
       a.decided_at, a.decision_reason
FROM approval a CROSS JOIN LATERAL (SELECT CASE WHEN a.state = 'waiting' AND a.expires_at <= now() THEN 'expired' ELSE a.state END AS state) AS s
WHERE ($1::text IS NULL OR s.state = $1) AND (NOT $2::boolean OR lower(a.requester_person) = lower($5::text))
  AND ($3::text IS NULL OR a.id < $3::text::bigint)
ORDER BY a.id DESC LIMIT $4

-- name: lock_approval
-- Of all who decide at once one is first; the others find what is decided.
SELECT id, action, permission, subject, summary, parameters, encode(parameters_sha256, 'hex') AS parameters_sha256, requested_by, requester_person,
       requester_hands, requested_from, how::text AS how, reason, state, requested_at, decided_by, decided_at, redeemed_at IS NOT NULL AS redeemed,
       expires_at <= now() AS is_over, decided_at + make_interval(secs => $2) > now() AS is_fresh, now() AS at
FROM approval WHERE id = $1 FOR UPDATE

-- name: expire_approval
UPDATE approval SET state = 'expired' WHERE id = $1 RETURNING id

-- name: decide_approval
UPDATE approval SET state = $2, decided_by = $3, decider_person = $4, decided_from = $5, decision_reason = $6, result = $7::jsonb, decided_at = now(),
    decider_hands = $8
WHERE id = $1 RETURNING id

-- name: redeem_approval
UPDATE approval SET redeemed_at = now() WHERE id = $1 RETURNING id

-- name: trace_approval
SELECT id::text AS id, action, permission, subject, summary, parameters, requested_by, requester_person,
       requested_from, how, reason, state, requested_at, expires_at, decided_by, decider_person, decided_from, decided_at, decision_reason,
       result, redeemed_at, requester_hands, decider_hands
FROM approval WHERE id = $1 FOR NO KEY UPDATE

-- name: done_before
-- Whether a job of this approval was written down: it was done, and whoever did it did not live to say so.
SELECT c.id FROM change c WHERE c.how ->> 'approval' = $1 AND c.action = $2 AND c.at >= $3 ORDER BY c.id DESC LIMIT 1
