-- What `quangate audit --since` puts in a table's place (audit/since.py says where); $1 is the
-- moment. The tables themselves are named with their schema, so that a name without one is what is here.

-- name: changed
-- Orders that changed, or that something new is about.
SELECT id FROM public.orders WHERE updated_at >= $1
UNION SELECT order_id FROM public.attempt WHERE updated_at >= $1
UNION SELECT order_id FROM public.webhook WHERE created_at >= $1 AND order_id IS NOT NULL
UNION SELECT one.order_id FROM public.entry e CROSS JOIN LATERAL entries_of(e) AS one WHERE e.created_at >= $1 AND one.order_id IS NOT NULL

-- name: orders
SELECT * FROM public.orders WHERE id IN (SELECT id FROM changed)

-- name: hold
-- With those that became an order that changed: it asked its quotas when it was held.
SELECT * FROM public.hold WHERE updated_at >= $1 OR order_id IN (SELECT id FROM changed)

-- name: orders_of_numbers
-- All orders with the number of one that changed.
SELECT o.* FROM (SELECT DISTINCT partner_id, out_order_no FROM public.orders WHERE id IN (SELECT id FROM changed)) AS n
JOIN public.orders o ON o.partner_id = n.partner_id AND o.out_order_no = n.out_order_no

-- name: allocation
SELECT * FROM public.allocation WHERE order_id IN (SELECT id FROM changed)
   OR (order_id IS NULL AND (pool_id, seq) IN (SELECT pool_id, seq FROM public.code_void WHERE voided_at >= $1))

-- name: allocation_of_codes
-- Each allocation of a code that was sold to an order that changed.
SELECT a.* FROM (SELECT DISTINCT pool_id, seq FROM public.allocation WHERE order_id IN (SELECT id FROM changed)) AS n
JOIN public.allocation a ON a.pool_id = n.pool_id AND a.seq = n.seq

-- name: attempt
SELECT * FROM public.attempt WHERE order_id IN (SELECT id FROM changed)

-- name: webhook
SELECT * FROM public.webhook WHERE order_id IN (SELECT id FROM changed)

-- name: entry
-- Refunds are entries of one order.
SELECT * FROM public.entry WHERE order_id IN (SELECT id FROM changed)

-- name: each_entry
SELECT e.partner_id, one.* FROM public.entry e CROSS JOIN LATERAL entries_of(e) AS one WHERE one.order_id IN (SELECT id FROM changed)

-- name: reveal
SELECT * FROM public.reveal WHERE revealed_at >= $1

-- name: commits
-- The numbers of commits that are new, and of those whose orders changed.
SELECT no FROM public.reveal WHERE items IS NULL AND revealed_at >= $1
UNION SELECT commit_no FROM public.orders WHERE id IN (SELECT id FROM changed) AND commit_no IS NOT NULL

-- name: reveal_of_commits
SELECT * FROM public.reveal WHERE no IN (SELECT no FROM commits)

-- name: orders_of_commits
SELECT * FROM public.orders WHERE commit_no IN (SELECT no FROM commits)

-- name: i10_entry_chain
-- From the entry before the first new one: times need not grow with the numbers.
SELECT format('partner %s: entry %s follows entry %s with %s after %s, amount %s', partner_id, seq, coalesce(seq_before, 0),
              balance_after, coalesce(balance_before, 0), amount) AS problem
FROM (SELECT n.before, e.partner_id, one.seq, one.amount, one.balance_after,
             lag(one.seq) OVER w AS seq_before, lag(one.balance_after) OVER w AS balance_before
      FROM (SELECT f.partner_id, coalesce((SELECT max(p.seq) FROM entry p WHERE p.partner_id = f.partner_id AND p.seq < f.first), 0) AS before
            FROM (SELECT partner_id, min(seq) AS first FROM entry WHERE created_at >= $1 GROUP BY 1) AS f) AS n
      JOIN entry e ON e.partner_id = n.partner_id AND e.seq >= n.before CROSS JOIN LATERAL entries_of(e) AS one
      WINDOW w AS (PARTITION BY e.partner_id ORDER BY one.seq)) AS e
WHERE seq > before AND (seq <> coalesce(seq_before, 0) + 1 OR balance_after <> coalesce(balance_before, 0) + amount)

-- name: i13_chain
SELECT format('chain %s: link %s does not follow from the one before it', chain, height) AS problem
FROM (SELECT n.before, r.chain, r.height, r.digest, r.hash,
             lag(r.height, 1, 0::bigint) OVER w AS height_before, lag(r.hash, 1, sha256('')) OVER w AS hash_before
      FROM (SELECT f.chain, coalesce((SELECT max(p.height) FROM reveal p WHERE p.chain = f.chain AND p.height < f.first), 0) AS before
            FROM (SELECT chain, min(height) AS first FROM reveal WHERE revealed_at >= $1 GROUP BY 1) AS f) AS n
      JOIN reveal r ON r.chain = n.chain AND r.height >= n.before
      WINDOW w AS (PARTITION BY r.chain ORDER BY r.height)) AS r
WHERE height > before AND (height <> height_before + 1 OR hash <> sha256(hash_before || digest))

-- name: change
SELECT * FROM public.change WHERE at >= $1

-- name: i13_change_chain
SELECT format('change %s does not follow from the one before it', id) AS problem
FROM (SELECT n.before, c.id, c.digest, c.hash, lag(c.id, 1, 0::bigint) OVER w AS id_before, lag(c.hash, 1, sha256('')) OVER w AS hash_before
      FROM (SELECT coalesce((SELECT max(p.id) FROM change p WHERE p.id < f.first), 0) AS before
            FROM (SELECT min(id) AS first FROM change WHERE at >= $1 HAVING count(*) > 0) AS f) AS n
      JOIN change c ON c.id >= n.before
      WINDOW w AS (ORDER BY c.id)) AS c
WHERE id > before AND (id <> id_before + 1 OR hash <> sha256(hash_before || digest))
