-- What does not add up about cases; see audit/checks.sql.

-- name: i10_case_refunds
-- What a case paid back is one refund of its order, and each refund by a case is one that a case says.
SELECT format('case %s says that it paid %s back for order %s, its entry says %s for order %s', coalesce(c.id, e.case_id), coalesce(c.refunded, 0),
              coalesce(c.order_id::text, 'none'), coalesce(e.amount, 0), coalesce(e.order_id::text, 'none')) AS problem
FROM (SELECT * FROM service_case WHERE refunded > 0) AS c
FULL JOIN (SELECT partner_id, order_id, amount, substring(reference FROM 6)::bigint AS case_id FROM entry
           WHERE kind = 'refund' AND reference ~ '^case:[0-9]{1,18}$') AS e ON e.partner_id = c.partner_id AND e.case_id = c.id
WHERE c.id IS NULL OR e.case_id IS NULL OR c.refunded <> e.amount OR c.order_id <> e.order_id

-- name: i2_refunded_without_case
-- What came back of a delivered order came back by cases.
SELECT format('order %s is delivered, and of the %s that came back its cases explain %s', o.id, o.refunded, coalesce(c.refunded, 0)) AS problem
FROM orders o LEFT JOIN (SELECT partner_id, order_id, sum(refunded) AS refunded FROM service_case GROUP BY 1, 2) AS c
       ON c.partner_id = o.partner_id AND c.order_id = o.id
WHERE o.state = 'delivered' AND o.refunded <> coalesce(c.refunded, 0)

-- name: i3_struck_out
-- A delivered code that is void is its order's for ever, and a case took it away.
SELECT format('pool %s: code %s was struck out of order %s, %s', v.pool_id, v.seq, v.order_id,
              CASE WHEN a.seq IS NULL THEN 'which it does not belong to' ELSE 'and no case says so' END) AS problem
FROM (SELECT * FROM code_void WHERE order_id IS NOT NULL) AS v
LEFT JOIN allocation a ON a.pool_id = v.pool_id AND a.seq = v.seq AND a.order_id = v.order_id
LEFT JOIN reissue r ON r.pool_id = v.pool_id AND r.old_seq = v.seq
WHERE a.seq IS NULL OR (r.old_seq IS NULL AND NOT EXISTS (SELECT FROM service_case c WHERE c.order_id = v.order_id AND c.refunded > 0))

-- name: i3_reissues
-- A code whose place another one took is struck out, and the other one is its order's.
SELECT format('pool %s: code %s took the place of code %s in order %s, %s', r.pool_id, r.new_seq, r.old_seq, r.order_id,
              CASE WHEN v.seq IS NULL THEN 'which is not struck out' ELSE 'but is not allocated to it' END) AS problem
FROM reissue r LEFT JOIN code_void v ON v.pool_id = r.pool_id AND v.seq = r.old_seq AND v.order_id = r.order_id
LEFT JOIN allocation a ON a.pool_id = r.pool_id AND a.seq = r.new_seq AND a.order_id = r.order_id
WHERE v.seq IS NULL OR a.seq IS NULL

-- name: i2_codes_of_today
-- An order's codes are those it was sold with, but where others took their places; it counts these, as its cases do.
SELECT format('order %s has other codes than it was sold with and was given since', o.id) AS problem
FROM (SELECT partner_id, order_id, count(*) AS n FROM reissue GROUP BY 1, 2) AS r
FULL JOIN (SELECT * FROM orders WHERE current_seqs IS NOT NULL OR replaced IS NOT NULL) AS o ON o.partner_id = r.partner_id AND o.id = r.order_id
LEFT JOIN LATERAL (SELECT sum(c.replaced) AS n FROM service_case c WHERE c.partner_id = o.partner_id AND c.order_id = o.id) AS c ON true
WHERE o.id IS NULL OR r.n IS DISTINCT FROM o.replaced OR c.n IS DISTINCT FROM r.n OR o.current_seqs IS DISTINCT FROM (
    SELECT array_agg(coalesce((
        WITH RECURSIVE later (seq) AS (
            SELECT x.seq UNION SELECT t.new_seq FROM later l JOIN reissue t ON t.pool_id = o.pool_id AND t.old_seq = l.seq)
        SELECT l.seq FROM later l WHERE NOT EXISTS (SELECT FROM reissue t WHERE t.pool_id = o.pool_id AND t.old_seq = l.seq)), x.seq) ORDER BY x.n)
    FROM unnest(o.seqs) WITH ORDINALITY AS x (seq, n))

-- name: i9_case_guards
SELECT missing_guards('cases') AS problem
