-- What cases ask within one transaction, whoever it belongs to.

-- name: order_facts
-- An order and what matters to its cases: of the partner $1 (NULL: whosever it is). One look per partner: orders are keyed so.
SELECT o.partner_id, o.id AS order_id, p.name AS partner, o.out_order_no, o.sku_id, s.sku, s.kind AS sku_kind, s.account_rule, o.quantity, o.amount,
       o.refunded, coalesce(o.returned, 0) AS returned, o.delivered_quantity AS delivered, o.state, o.currency,
       CASE WHEN o.pool_id IS NULL THEN 0 ELSE coalesce(cardinality(o.seqs), 0) END AS codes,
       CASE WHEN o.pool_id IS NULL THEN '{}' ELSE standing_codes(o.pool_id, coalesce(o.current_seqs, o.seqs), NULL, NULL) END AS standing,
       coalesce(o.recipient, o.account) AS recipient,
       floor(extract(epoch FROM now() - o.created_at))::bigint AS age_s,
       EXISTS (SELECT FROM attempt a WHERE a.order_id = o.id AND a.partner_id = o.partner_id AND a.state = 'created' AND a.sent_at IS NULL) AS is_unsent
FROM partner p CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = p.id AND x.id = $2 LIMIT 1) AS o
JOIN sku s ON s.id = o.sku_id WHERE $1::bigint IS NULL OR p.id = $1

-- name: insert_case
-- No row: the line has an open case, or the number is used.
INSERT INTO service_case (partner_id, out_case_no, content_hash, order_id, kind, reason, detail, position, quantity, amount, recipient,
                          void, keep_codes, opened_by)
SELECT $1, coalesce($2, 'desk:' || gen_random_uuid()), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
ON CONFLICT DO NOTHING RETURNING id

-- name: cases_of_order
SELECT count(*) FROM (SELECT FROM service_case c WHERE c.partner_id = $1 AND c.order_id = $2 LIMIT $3) AS x

-- name: case_by_number
SELECT c.id, c.content_hash FROM service_case c WHERE c.partner_id = $1 AND c.out_case_no = $2

-- name: lock_case
-- Of the partner $1 (NULL: whosever it is). Of all who decide at once one is first; the others find what is decided.
SELECT c.partner_id, c.id, c.out_case_no, c.order_id, c.kind, c.state, c.reason, c.detail, c.position, c.quantity, c.amount, c.recipient, c.void, c.keep_codes,
       c.assigned_to, c.level, c.outcome
FROM service_case c WHERE c.id = $2 AND ($1::bigint IS NULL OR c.partner_id = $1) FOR NO KEY UPDATE

-- name: next_case
-- The one that waits longest of those escalated most, nobody's, and in nobody's hands just now.
SELECT c.id FROM service_case c
WHERE c.state IN ('opened', 'in_review') AND c.assigned_to IS NULL AND coalesce(c.snoozed_until, '-infinity') <= now()
ORDER BY c.level DESC, c.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED

-- name: step_case
SELECT step_case($1, $2, $3, $4, $5, $6, $7, $8)

-- name: assign_case
UPDATE service_case c SET assigned_to = $3, snoozed_until = NULL WHERE c.partner_id = $1 AND c.id = $2 RETURNING c.id

-- name: is_operator
-- Who is there and not disabled.
SELECT EXISTS (SELECT FROM operator o WHERE o.name = $1 AND o.disabled_at IS NULL AND o.partner_id IS NULL) AS found

-- name: snooze_case
UPDATE service_case c SET snoozed_until = $3 WHERE c.partner_id = $1 AND c.id = $2 RETURNING c.id

-- name: escalate_case
UPDATE service_case c SET level = c.level + 1, assigned_to = NULL, snoozed_until = NULL WHERE c.partner_id = $1 AND c.id = $2 RETURNING c.id

-- name: decide_case
-- How it is to be done may be said with the decision: $5 strikes out codes, $6 keeps them.
UPDATE service_case c SET decided_by = $3, decided_at = now(), decision = $4, rule = $7, void = c.void OR $5, keep_codes = coalesce($6, c.keep_codes)
WHERE c.partner_id = $1 AND c.id = $2 RETURNING c.id

-- name: answer_case
UPDATE service_case c SET decision = $3 WHERE c.partner_id = $1 AND c.id = $2 RETURNING c.id

-- name: reissue
SELECT r.outcome, coalesce(r.codes, 0)::bigint AS done FROM reissue_codes($1, $2) AS r

-- name: refund
SELECT r.outcome, coalesce(r.paid, 0) AS done FROM refund_case($1, $2) AS r

-- name: readdress
SELECT readdress_order(c.partner_id, c.order_id, c.recipient) FROM service_case c WHERE c.partner_id = $1 AND c.id = $2

-- name: note_done
UPDATE service_case c SET replaced = c.replaced + $3, refunded = c.refunded + $4 WHERE c.partner_id = $1 AND c.id = $2 RETURNING c.id

-- name: become_upstream
UPDATE service_case c SET kind = 'upstream' WHERE c.partner_id = $1 AND c.id = $2 RETURNING c.id

-- name: set_task
UPDATE service_case c SET task = $3, deadline_at = now() + make_interval(days => $4) WHERE c.partner_id = $1 AND c.id = $2 RETURNING c.id

-- name: tell_case
SELECT tell_case($1, $2)

-- name: reissues_today
-- The day is the caller's until its transaction ends.
SELECT hold_reissue_day($1)

-- name: reissues_of_order
SELECT count(DISTINCT r.case_id) FROM reissue r WHERE r.partner_id = $1 AND r.order_id = $2

-- name: refund_due
-- What a case is about in money: a place is just one piece, and what was paid back already is not at stake. With what cases
-- paid back of the order before: in slices one may do no more alone than at once.
SELECT refund_due(see_order(c.partner_id, c.order_id), coalesce(c.quantity, CASE WHEN c.position IS NOT NULL THEN 1 END), c.amount)
       + (SELECT coalesce(sum(x.refunded), 0)::bigint FROM service_case x WHERE x.partner_id = c.partner_id AND x.order_id = c.order_id)
FROM service_case c WHERE c.partner_id = $1 AND c.id = $2

-- name: sealed_of_order
-- Every code that an order has or had, sealed.
SELECT c.pool_id, c.seq, c.batch_id, c.sealed, b.data_key
FROM partner p CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = p.id AND x.id = $2 LIMIT 1) AS o
CROSS JOIN LATERAL (
    SELECT unnest(o.seqs) AS seq UNION SELECT unnest(o.current_seqs)
    UNION SELECT r.old_seq FROM reissue r WHERE r.partner_id = o.partner_id AND r.order_id = o.id
) AS s
JOIN code c ON c.pool_id = o.pool_id AND c.seq = s.seq JOIN batch b ON b.id = c.batch_id
WHERE $1::bigint IS NULL OR p.id = $1

-- name: order_of_case
SELECT c.partner_id, c.order_id FROM service_case c WHERE c.id = $1

-- name: known_codes
-- Which of these fingerprints are of codes that there are, of pools with what rules of spelling.
SELECT DISTINCT f.fingerprint, p.case_insensitive, p.ignore_spaces FROM unnest($1::uuid[]) AS asked (fingerprint)
CROSS JOIN LATERAL (SELECT x.fingerprint, x.pool_id FROM code_fingerprint x WHERE x.fingerprint = asked.fingerprint LIMIT 16) AS f
JOIN pool p ON p.id = f.pool_id

-- name: rules_in_force
SELECT r.name, r.kind, r.sku_id, r.min_age, r.max_age, r.min_amount, r.max_amount, r.min_share, r.max_share, r.does, r.shadow
FROM case_rule r WHERE r.enabled ORDER BY r.id

-- name: cases_and_orders
-- Of a partner's last 30 days; of more orders than anybody has to count the newest. Ids count milliseconds of 2025 on in their upper bits.
SELECT (SELECT count(*) FROM (SELECT FROM service_case c WHERE c.partner_id = $1 AND c.id >= since.id LIMIT 10000) AS x) AS cases,
       (SELECT count(*) FROM (SELECT FROM orders o WHERE o.partner_id = $1 AND o.id >= since.id LIMIT 10000) AS x) AS orders
FROM (SELECT ((extract(epoch FROM now() - interval '30 days') * 1000)::bigint - 1735689600000) << 22 AS id) AS since

-- name: newest_attempt
SELECT u.name AS upstream, a.id::text AS attempt_no, a.upstream_no FROM attempt a JOIN upstream u ON u.id = a.upstream_id
WHERE a.order_id = $2 AND a.partner_id = $1 ORDER BY a.id DESC LIMIT 1

-- name: show_case
SELECT c.id::text AS case_no, c.out_case_no, c.order_id::text AS order_no, p.name AS partner, s.sku, c.kind, c.state, c.reason, c.detail, c.position AS index,
       c.quantity, c.amount, c.recipient, c.void, c.keep_codes, c.outcome, c.refunded AS refunded_amount, c.replaced, c.rule, c.opened_by,
       c.assigned_to, c.level, c.snoozed_until, c.deadline_at, c.decided_by, c.decided_at, c.decision, c.task, c.created_at, c.updated_at
FROM service_case c JOIN partner p ON p.id = c.partner_id
CROSS JOIN LATERAL (SELECT x.sku_id FROM orders x WHERE x.partner_id = c.partner_id AND x.id = c.order_id LIMIT 1) AS o JOIN sku s ON s.id = o.sku_id
WHERE c.id = $1

-- name: case_steps
SELECT s.no, s.at, s.step, s.actor, s.state, s.text, s.rule FROM case_step s JOIN service_case c ON c.partner_id = s.partner_id AND c.id = s.case_id
WHERE c.id = $1 ORDER BY s.no LIMIT 1000

-- name: list_cases
-- Each filter may be NULL; newest first, beyond the case $7. $6: only those that nobody has decided or ended. By kind, or whose
-- they are, among the next 10,000 of the state, the partner or all; with $6 among the next 4,000 of each open state.
SELECT c.id::text AS case_no, c.out_case_no, c.order_id::text AS order_no, p.name AS partner, c.kind, c.state, c.reason, c.outcome, c.rule,
       c.assigned_to, c.level, c.snoozed_until, c.deadline_at, c.refunded AS refunded_amount, c.replaced, c.created_at, c.updated_at
FROM (SELECT * FROM (
    (SELECT * FROM service_case x WHERE $1::text IS NULL AND $2::text IS NULL AND NOT $6::boolean AND $4::bigint IS NULL
       AND x.id < coalesce($7::text::bigint, 9223372036854775807)
     ORDER BY x.id DESC LIMIT CASE WHEN $3::text IS NULL AND $5::text IS NULL THEN $8 ELSE 10000 END)
    UNION ALL
    (SELECT x.* FROM partner q CROSS JOIN LATERAL (
         SELECT * FROM service_case y WHERE $2 IS NULL AND NOT $6 AND $4 IS NULL AND y.partner_id BETWEEN q.id AND q.id
           AND y.id < coalesce($7::text::bigint, 9223372036854775807)
         ORDER BY y.partner_id DESC, y.id DESC LIMIT CASE WHEN $3 IS NULL AND $5 IS NULL THEN $8 ELSE 10000 END) AS x
     WHERE q.name = $1)
    UNION ALL
    (SELECT x.* FROM unnest(CASE WHEN $2 IS NULL THEN '{opened,in_review,approved,acting,waiting_upstream}' ELSE ARRAY[$2] END) AS s (state)
     CROSS JOIN LATERAL (
         SELECT * FROM service_case y WHERE ($6 OR $2 IS NOT NULL) AND $4 IS NULL AND y.state BETWEEN s.state AND s.state
           AND y.id < coalesce($7::text::bigint, 9223372036854775807)
         ORDER BY y.state DESC, y.id DESC
         LIMIT CASE WHEN $1 IS NULL AND $3 IS NULL AND $5 IS NULL THEN $8 WHEN $2 IS NULL THEN 4000 ELSE 10000 END) AS x)
    UNION ALL  -- those of an order are few
    (SELECT x.* FROM partner q CROSS JOIN LATERAL (
         SELECT * FROM service_case y WHERE y.partner_id = q.id AND y.order_id = $4
         ORDER BY y.partner_id DESC, y.order_id DESC, y.id DESC LIMIT 1000) AS x)) AS y
    WHERE ($1 IS NULL OR y.partner_id = (SELECT q.id FROM partner q WHERE q.name = $1)) AND ($2 IS NULL OR y.state = $2)
      AND ($3 IS NULL OR y.kind = $3) AND ($5 IS NULL OR y.assigned_to = $5) AND (NOT $6 OR y.state NOT IN ('resolved', 'refused', 'withdrawn'))
      AND y.id < coalesce($7::text::bigint, 9223372036854775807)
    ORDER BY y.id DESC LIMIT $8) AS c
JOIN partner p ON p.id = c.partner_id ORDER BY c.id DESC

-- name: summed_up
-- What approving a case does as things are: what is paid back (refund_case), how many codes are at stake.
SELECT c.kind, c.order_id::text AS order_no, p.name AS partner, s.sku, o.quantity, o.currency, c.amount, c.void, c.keep_codes,
       refund_due(see_order(c.partner_id, c.order_id), n.pieces, c.amount) AS due,
       CASE WHEN o.pool_id IS NOT NULL
            THEN cardinality(standing_codes(o.pool_id, coalesce(o.current_seqs, o.seqs), c.position, n.pieces)) END AS codes
FROM service_case c JOIN partner p ON p.id = c.partner_id
CROSS JOIN LATERAL (SELECT coalesce(c.quantity, CASE WHEN c.position IS NOT NULL THEN 1 END) AS pieces) AS n
CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = c.partner_id AND x.id = c.order_id LIMIT 1) AS o
JOIN sku s ON s.id = o.sku_id WHERE c.id = $1

-- name: trace_case
SELECT c.id::text AS id, c.order_id::text AS order_id, c.kind, c.state, c.assigned_to, c.level, c.snoozed_until, c.deadline_at, c.rule, c.decided_by, c.outcome,
       c.refunded, c.replaced
FROM service_case c WHERE c.id = $1 FOR NO KEY UPDATE
