-- What does not add up, per invariant (README, design §2). Each statement gives one row `problem`
-- per violation and none when all is well; ids are named, codes never. All of them run in one
-- REPEATABLE READ snapshot, beside running gateways, and go over whole tables as sets.

-- ---------------------------------------------------------------- I1: a code is in at most one delivery

-- name: i1_code_in_two_orders
SELECT format('pool %s: code %s is in %s deliveries: orders %s', pool_id, seq, count(*), string_agg(id::text, ', ' ORDER BY id)) AS problem
FROM (SELECT pool_id, unnest(seqs) AS seq, id FROM orders WHERE seqs IS NOT NULL UNION ALL SELECT pool_id, new_seq, order_id FROM reissue) AS d
GROUP BY pool_id, seq HAVING count(*) > 1

-- name: i1_code_allocated_twice
SELECT format('pool %s: code %s is allocated %s times', pool_id, seq, count(*)) AS problem
FROM allocation GROUP BY pool_id, seq HAVING count(*) > 1

-- name: i1_orders_and_allocations_differ
SELECT CASE WHEN a.order_id IS NULL THEN format('order %s lists code %s of pool %s, which is not allocated to it', o.id, o.seq, o.pool_id)
            ELSE format('code %s of pool %s is allocated to order %s, which does not list it', a.seq, a.pool_id, a.order_id) END AS problem
FROM (SELECT pool_id, unnest(seqs) AS seq, id FROM orders WHERE seqs IS NOT NULL UNION ALL SELECT pool_id, new_seq, order_id FROM reissue) AS o
FULL JOIN (SELECT pool_id, seq, order_id FROM allocation WHERE order_id IS NOT NULL) AS a
       ON a.pool_id = o.pool_id AND a.seq = o.seq AND a.order_id = o.id
WHERE a.order_id IS NULL OR o.id IS NULL

-- name: i1_allocation_without_code
SELECT format('pool %s: code %s is allocated but does not exist', a.pool_id, a.seq) AS problem
FROM allocation a LEFT JOIN code c ON c.pool_id = a.pool_id AND c.seq = a.seq WHERE c.seq IS NULL

-- name: i1_guards
SELECT missing_guards('I1') AS problem

-- ---------------------------------------------------------------- I2: an order delivers what its state says

-- name: i2_quantity_and_state
SELECT format('order %s is %s with %s of %s delivered', id, state, delivered_quantity, quantity) AS problem
FROM orders
WHERE NOT CASE state WHEN 'delivered' THEN delivered_quantity = quantity
                     WHEN 'partial' THEN delivered_quantity >= 0 AND delivered_quantity < quantity
                     WHEN 'reversed' THEN delivered_quantity BETWEEN 0 AND quantity
                     ELSE delivered_quantity = 0 END

-- name: i2_codes_and_quantity
SELECT format('order %s delivered %s but lists %s codes', id, delivered_quantity, coalesce(cardinality(seqs), 0)) AS problem
FROM orders WHERE pool_id IS NOT NULL AND delivered_quantity <> coalesce(cardinality(seqs), 0)

-- name: i2_delivered_without_codes
SELECT format('order %s delivered %s of a code SKU and lists none', o.id, o.delivered_quantity) AS problem
FROM orders o JOIN sku s ON s.id = o.sku_id
WHERE s.kind IN ('code', 'link', 'qr') AND o.delivered_quantity > 0 AND o.seqs IS NULL

-- name: i2_money_and_state
-- What was not delivered is refunded by the time the state says so; what was delivered, by cases alone (i2_refunded_without_case).
SELECT format('order %s of %s is %s, it says that %s was refunded, and %s was', o.id, o.amount, o.state, o.refunded,
              coalesce(r.refunded, 0)) AS problem
FROM orders o
LEFT JOIN (SELECT partner_id, order_id, sum(amount) AS refunded FROM entry
           WHERE kind = 'refund' AND order_id IS NOT NULL GROUP BY 1, 2) AS r
       ON r.partner_id = o.partner_id AND r.order_id = o.id
WHERE o.refunded <> coalesce(r.refunded, 0)
   OR NOT CASE o.state WHEN 'partial' THEN o.refunded BETWEEN 0 AND o.amount
                       WHEN 'failed' THEN o.refunded = o.amount
                       WHEN 'reversed' THEN o.refunded = o.amount
                       WHEN 'delivered' THEN o.refunded BETWEEN 0 AND o.amount ELSE o.refunded = 0 END

-- name: i2_guards
SELECT missing_guards('I2') AS problem

-- ---------------------------------------------------------------- I3: conservation, per pool

-- name: i3_sum_of_parts
SELECT format('pool %s: imported %s, but delivered %s + free %s + leased %s + held %s + in doubt %s + expired %s + void %s = %s', name,
              imported, delivered, free, leased, held, in_doubt, expired, void,
              delivered + free + leased + held + in_doubt + expired + void) AS problem
FROM (
    SELECT p.name, p.size AS imported,
           (SELECT count(*) FROM allocation a WHERE a.pool_id = p.id AND a.order_id IS NOT NULL) - struck.n AS delivered,
           (SELECT count(*) FROM allocation a WHERE a.pool_id = p.id AND a.order_id IS NULL) + struck.n
               - (SELECT count(*) FROM code_void v WHERE v.pool_id = p.id AND v.expired) AS void,
           (SELECT count(*) FROM code_void v WHERE v.pool_id = p.id AND v.expired) AS expired,
           p.size - p.next_seq + (SELECT coalesce(sum(f.hi - f.lo), 0) FROM fragment f WHERE f.pool_id = p.id) AS free,
           (SELECT count(*) FROM held_code c WHERE c.pool_id = p.id) AS held,
           coalesce(l.leased, 0) AS leased, coalesce(l.in_doubt, 0) AS in_doubt
    FROM pool p CROSS JOIN LATERAL (SELECT count(*) AS n FROM code_void v WHERE v.pool_id = p.id AND v.order_id IS NOT NULL) AS struck
    LEFT JOIN (
        SELECT l.pool_id,
               sum(l.hi - l.lo - l.taken) FILTER (WHERE l.expires_at >= now()) AS leased,
               sum(l.hi - l.lo - l.taken) FILTER (WHERE l.expires_at < now()) AS in_doubt
        FROM (SELECT l.pool_id, l.lo, l.hi, l.expires_at, (
                  SELECT count(*) FROM allocation a WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi) AS taken
              FROM lease l WHERE l.state = 'active') AS l
        GROUP BY l.pool_id
    ) AS l ON l.pool_id = p.id
) AS parts
WHERE imported <> delivered + free + leased + held + in_doubt + expired + void OR void < 0

-- name: i3_shelves
-- Each shelf's codes are where its parts say, whatever was moved, lent and given back.
SELECT format('pool %s: shelf %s has %s codes, but delivered %s + free %s + leased %s + held %s + in doubt %s + expired %s + void %s = %s',
              p.name, s.name, n.codes, n.delivered, n.free, n.leased, n.held, n.in_doubt, n.expired, n.void,
              n.delivered + n.free + n.leased + n.held + n.in_doubt + n.expired + n.void) AS problem
FROM pool p CROSS JOIN LATERAL shelf_stats(p.id) AS n JOIN shelf s ON s.id = n.shelf_id
WHERE n.codes <> n.delivered + n.free + n.leased + n.held + n.in_doubt + n.expired + n.void
   OR least(n.codes, n.delivered, n.free, n.leased, n.held, n.in_doubt, n.expired, n.void) < 0

-- name: i3_off_shelf
-- What is free or leased lies on the shelf it is sold from; what was never leased, on main.
SELECT format('pool %s: the %s over [%s, %s) is of shelf %s, and lies on %s', r.pool_id, r.what, r.lo, r.hi, r.shelf_id,
              coalesce(shelf_of_range(r.pool_id, r.lo, r.hi)::text, 'several')) AS problem
FROM (SELECT pool_id, 'fragment' AS what, lo, hi, shelf_id FROM fragment
      UNION ALL SELECT pool_id, 'lease ' || id, lo, hi, shelf_id FROM lease WHERE state = 'active'
      UNION ALL SELECT id, 'part never leased', next_seq, size, id FROM pool WHERE next_seq < size) AS r
WHERE r.shelf_id IS DISTINCT FROM shelf_of_range(r.pool_id, r.lo, r.hi)

-- name: i3_borrowed
-- What shelves of a pool borrowed, others lent.
SELECT format('pool %s: %s codes were lent, %s borrowed', p.name, sum(s.lent), sum(s.borrowed)) AS problem
FROM pool p JOIN shelf s ON s.pool_id = p.id GROUP BY p.id HAVING sum(s.lent) <> sum(s.borrowed)

-- name: i3_sold_after_expiry
SELECT format('pool %s: code %s expired at %s and was sold at %s', c.pool_id, c.seq, c.expires_at, o.created_at) AS problem
FROM code c JOIN allocation a ON a.pool_id = c.pool_id AND a.seq = c.seq
JOIN orders o ON o.id = a.order_id AND o.pool_id = c.pool_id
WHERE c.expires_at <= o.created_at

-- name: i3_expiry_unseen
-- Whoever grants or sells a range knows the earliest expiry in it.
SELECT format('pool %s: code %s expires at %s, but the %s over it says %s', c.pool_id, c.seq, c.expires_at, r.what,
              coalesce(r.known::text, 'never')) AS problem
FROM code c JOIN (
    SELECT pool_id, lo, hi, 'fragment' AS what, expires_at AS known FROM fragment
    UNION ALL SELECT pool_id, lo, hi, 'lease ' || id, sell_until FROM lease WHERE state = 'active'
    UNION ALL SELECT id, next_seq, size, 'part never leased', NULL FROM pool WHERE next_seq < size
) AS r ON r.pool_id = c.pool_id AND c.seq >= r.lo AND c.seq < r.hi
WHERE c.expires_at IS NOT NULL AND c.expires_at < coalesce(r.known, 'infinity')
  AND NOT EXISTS (SELECT FROM allocation a WHERE a.pool_id = c.pool_id AND a.seq = c.seq)

-- name: i3_ranges_overlap
-- Fragments, active leases and what was never leased share no code.
SELECT format('pool %s: %s [%s, %s) overlaps the range before it', pool_id, what, lo, hi) AS problem
FROM (
    SELECT pool_id, what, lo, hi, max(hi) OVER (
               PARTITION BY pool_id ORDER BY lo, hi ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM (SELECT pool_id, 'fragment' AS what, lo, hi FROM fragment
          UNION ALL SELECT pool_id, 'lease ' || id, lo, hi FROM lease WHERE state = 'active'
          UNION ALL SELECT id, 'the part never leased', next_seq, size FROM pool WHERE next_seq < size) AS ranges
) AS ranges
WHERE lo < reached

-- name: i3_allocated_but_free
-- The one fragment that could hold a code is the last that begins before it.
SELECT format('pool %s: code %s is allocated and free', a.pool_id, a.seq) AS problem
FROM allocation a JOIN pool p ON p.id = a.pool_id
LEFT JOIN LATERAL (SELECT f.hi FROM fragment f WHERE f.pool_id = a.pool_id AND f.lo <= a.seq ORDER BY f.lo DESC LIMIT 1) AS f ON true
WHERE a.seq >= p.next_seq OR a.seq < f.hi

-- name: i3_codes_and_size
SELECT format('pool %s: its size is %s, but %s codes and batches of %s are on sale', p.name, p.size,
              coalesce(c.codes, 0), coalesce(b.imported, 0)) AS problem
FROM pool p
LEFT JOIN (SELECT c.pool_id, count(*) AS codes FROM code c JOIN pool p ON p.id = c.pool_id WHERE c.seq < p.size GROUP BY 1) AS c
       ON c.pool_id = p.id
LEFT JOIN (SELECT pool_id, sum(imported) AS imported FROM batch WHERE state = 'on_sale' GROUP BY 1) AS b ON b.pool_id = p.id
WHERE p.size <> coalesce(c.codes, 0) OR p.size <> coalesce(b.imported, 0)

-- name: i3_void_without_reason
SELECT format('pool %s: code %s is void, but not %s', coalesce(a.pool_id, v.pool_id), coalesce(a.seq, v.seq),
              CASE WHEN v.seq IS NULL THEN 'noted with a reason' ELSE 'taken off sale' END) AS problem
FROM (SELECT pool_id, seq FROM allocation WHERE order_id IS NULL) AS a
FULL JOIN (SELECT pool_id, seq FROM code_void WHERE order_id IS NULL) AS v ON v.pool_id = a.pool_id AND v.seq = a.seq WHERE a.seq IS NULL OR v.seq IS NULL

-- name: i3_bought_codes
-- What was bought on demand was bought once, by an attempt, and is never for sale.
SELECT format('pool %s: code %s is bought on demand, but %s', coalesce(b.pool_id, c.pool_id), coalesce(b.seq, c.seq),
              CASE WHEN b.seq IS NULL THEN 'no purchase brought it' WHEN c.seq IS NULL THEN 'is not there'
                   ELSE format('attempt %s does not exist', b.attempt_id) END) AS problem
FROM (SELECT c.pool_id, c.seq FROM code c JOIN pool p ON p.id = c.pool_id WHERE p.purchased) AS c
FULL JOIN bought_code b ON b.pool_id = c.pool_id AND b.seq = c.seq
LEFT JOIN attempt x ON x.id = b.attempt_id
WHERE b.seq IS NULL OR c.seq IS NULL OR x.id IS NULL

-- name: i3_bought_for_another
-- The order that has a code is the one of the attempt that brought it.
SELECT format('pool %s: code %s was bought for order %s and is allocated to order %s', b.pool_id, b.seq, x.order_id, a.order_id) AS problem
FROM bought_code b JOIN attempt x ON x.id = b.attempt_id
JOIN allocation a ON a.pool_id = b.pool_id AND a.seq = b.seq
WHERE a.order_id IS NOT NULL AND a.order_id <> x.order_id

-- name: i3_guards
SELECT missing_guards('I3') AS problem

-- ---------------------------------------------------------------- I5: one order per number

-- name: i5_number_twice
SELECT format('partner %s: the number %s has %s orders', partner_id, out_order_no, count(*)) AS problem
FROM orders GROUP BY partner_id, out_order_no HAVING count(*) > 1

-- name: i5_content_changed
-- Rows for audit/store.py, which makes the digest of what is stored and compares.
SELECT o.id, o.out_order_no, o.content_hash, s.sku, o.quantity, o.account, o.metadata, o.details, s.purchase_pool_id IS NOT NULL AS bought
FROM orders o LEFT JOIN sku s ON s.id = o.sku_id

-- name: i5_guards
SELECT missing_guards('I5') AS problem

-- ---------------------------------------------------------------- I6: at most one live attempt per order

-- name: i6_two_live_attempts
SELECT format('order %s has %s live attempts: %s', order_id, count(*), string_agg(id::text, ', ' ORDER BY id)) AS problem
FROM attempt WHERE state IN ('created', 'accepted', 'uncertain', 'succeeded', 'partial')
GROUP BY order_id HAVING count(*) > 1

-- name: i6_attempt_without_order
SELECT format('attempt %s belongs to order %s, which does not exist', a.id, a.order_id) AS problem
FROM attempt a LEFT JOIN orders o ON o.partner_id = a.partner_id AND o.id = a.order_id WHERE o.id IS NULL

-- name: i6_attempt_for_stock
-- What comes from stock is bought nowhere.
SELECT format('order %s was sold from pool %s, but has attempt %s, which is %s', o.id, p.name, a.id, a.state) AS problem
FROM orders o JOIN pool p ON p.id = o.pool_id AND NOT p.purchased
JOIN attempt a ON a.partner_id = o.partner_id AND a.order_id = o.id

-- name: i6_guards
SELECT missing_guards('I6') AS problem

-- ---------------------------------------------------------------- I7: leases are disjoint, allocations stay inside

-- name: i7_leases_overlap
SELECT format('pool %s: the active leases %s and %s overlap', a.pool_id, a.id, b.id) AS problem
FROM lease a JOIN lease b ON b.pool_id = a.pool_id AND b.id > a.id AND b.lo < a.hi AND a.lo < b.hi
WHERE a.state = 'active' AND b.state = 'active'

-- name: i7_lease_beyond_pool
SELECT format('lease %s [%s, %s) reaches beyond what pool %s has leased', l.id, l.lo, l.hi, p.name) AS problem
FROM lease l JOIN pool p ON p.id = l.pool_id WHERE l.state = 'active' AND l.hi > p.next_seq

-- name: i7_allocation_outside_lease
SELECT format('pool %s: code %s was allocated under lease %s of pool %s [%s, %s)', a.pool_id, a.seq, l.id, l.pool_id, l.lo, l.hi) AS problem
FROM allocation a JOIN lease l ON l.id = a.lease_id
WHERE a.pool_id <> l.pool_id OR a.seq < l.lo OR a.seq >= l.hi

-- name: i7_lease_over_sold
-- What lies in a lease and is sold was sold under it; anything else was sold before.
SELECT format('lease %s of pool %s holds code %s, which was %s before', l.id, l.pool_id, a.seq,
              CASE WHEN a.order_id IS NULL THEN 'made void' ELSE 'sold' END) AS problem
FROM lease l JOIN allocation a ON a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi
WHERE l.state = 'active' AND a.lease_id IS DISTINCT FROM l.id

-- name: i7_epochs
-- An epoch begins at 1 and grows when its lease is closed, once and for ever.
SELECT format('lease %s is %s with epoch %s', id, state, epoch) AS problem
FROM lease WHERE CASE state WHEN 'active' THEN epoch <> 1 ELSE epoch < 2 END

-- name: i7_guards
SELECT missing_guards('I7') AS problem

-- name: i7_lease_nobody_knows
-- A worker renews what it holds, so what it does not hold cannot live longer than its row; and what
-- ran out is taken back within a third of a lease's life by any worker that lives.
SELECT format('lease %s of pool %s [%s, %s) is in the name of worker %s, which does not hold it', l.id, l.pool_id, l.lo, l.hi, w.slot) AS problem
FROM lease l JOIN worker w ON w.worker_id = l.worker_id
WHERE l.state = 'active' AND l.id <> ALL (w.held) AND l.granted_at < w.renewed_at AND l.expires_at > w.expires_at
UNION ALL
SELECT format('lease %s of pool %s ran out at %s, and none of the living workers took it back', l.id, l.pool_id, l.expires_at)
FROM lease l WHERE l.state = 'active' AND l.expires_at < now() - interval '5 minutes'
AND EXISTS (SELECT FROM worker w WHERE w.expires_at > now())

-- ---------------------------------------------------------------- I9: states agree

-- name: i9_code_order_open
SELECT format('order %s is sold from a pool, but %s', id, state) AS problem
FROM orders WHERE pool_id IS NOT NULL AND state IN ('processing', 'uncertain')

-- name: i9_order_and_attempt
-- Orders bought upstream. A parked order waits for a person because its attempts say something else.
SELECT format('order %s is %s, but its attempts are: %s', o.id, o.state, coalesce(a.states, 'none')) AS problem
FROM orders o
LEFT JOIN (SELECT partner_id, order_id, string_agg(state, ', ' ORDER BY id) AS states,
                  bool_or(state IN ('created', 'accepted', 'uncertain', 'succeeded', 'partial')) AS live,
                  bool_or(state = 'succeeded') AS succeeded, bool_or(state = 'partial') AS partly,
                  bool_or(state = 'uncertain') AS uncertain, bool_or(state = 'reversed') AS reversed
           FROM attempt GROUP BY 1, 2) AS a ON a.partner_id = o.partner_id AND a.order_id = o.id
WHERE (o.pool_id IS NULL OR a.order_id IS NOT NULL) AND o.parked IS NULL
  AND NOT CASE o.state WHEN 'delivered' THEN coalesce(a.succeeded, false)
                       WHEN 'partial' THEN coalesce(a.partly, false)
                       WHEN 'failed' THEN NOT coalesce(a.live, false)
                       WHEN 'uncertain' THEN coalesce(a.uncertain, false)
                       WHEN 'reversed' THEN coalesce(a.reversed AND NOT a.live, false) OR (o.returned > 0 AND o.seqs IS NOT NULL)  -- by a case
                       ELSE NOT coalesce(a.succeeded OR a.partly OR a.uncertain, false) END

-- name: i9_guards
SELECT missing_guards('I9') AS problem

-- ---------------------------------------------------------------- I10: every cent

-- name: i10_balance
SELECT format('partner %s: the balance is %s, its %s entries add up to %s, the last one says %s', a.partner_id, a.balance,
              coalesce(e.entries, 0), coalesce(e.total, 0), coalesce(last.balance_after, 0)) AS problem
FROM account a
LEFT JOIN (SELECT partner_id, sum(amount) AS total, count(*) AS entries FROM each_entry GROUP BY 1) AS e ON e.partner_id = a.partner_id
LEFT JOIN entry last ON last.partner_id = a.partner_id AND last.seq = a.last_entry
WHERE a.balance <> coalesce(e.total, 0) OR a.balance <> coalesce(last.balance_after, 0)

-- name: i10_entry_chain
-- Numbered 1, 2, 3 …; each balance is the one before plus the amount; none after the account's last.
SELECT format('partner %s: entry %s follows entry %s with %s after %s, amount %s', partner_id, seq, coalesce(seq_before, 0),
              balance_after, coalesce(balance_before, 0), amount) AS problem
FROM (SELECT partner_id, seq, amount, balance_after,
             lag(seq) OVER w AS seq_before, lag(balance_after) OVER w AS balance_before
      FROM each_entry WINDOW w AS (PARTITION BY partner_id ORDER BY seq)) AS e
WHERE seq <> coalesce(seq_before, 0) + 1 OR balance_after <> coalesce(balance_before, 0) + amount

-- name: i10_last_entry
SELECT format('partner %s: the account counts %s entries, there are %s', a.partner_id, a.last_entry, coalesce(e.last, 0)) AS problem
FROM account a LEFT JOIN (SELECT partner_id, max(seq) AS last FROM entry GROUP BY 1) AS e ON e.partner_id = a.partner_id
WHERE a.last_entry <> coalesce(e.last, 0)

-- name: i10_one_charge_per_order
SELECT format('order %s of %s was charged %s in %s entries', coalesce(o.id, c.order_id), coalesce(o.amount, 0),
              coalesce(c.charged, 0), coalesce(c.charges, 0)) AS problem
FROM orders o
FULL JOIN (SELECT partner_id, order_id, -sum(amount) AS charged, count(*) AS charges FROM each_entry WHERE kind = 'charge' GROUP BY 1, 2) AS c
       ON c.partner_id = o.partner_id AND c.order_id = o.id
WHERE o.id IS NULL OR c.order_id IS NULL OR c.charges <> 1 OR c.charged <> o.amount

-- name: i10_refunds
SELECT format('%s was refunded for order %s of %s', r.refunded, r.order_id, coalesce(o.amount, 0)) AS problem
FROM (SELECT partner_id, order_id, sum(amount) AS refunded FROM entry WHERE kind = 'refund' GROUP BY 1, 2) AS r
LEFT JOIN orders o ON o.partner_id = r.partner_id AND o.id = r.order_id
WHERE o.id IS NULL OR r.refunded > o.amount

-- name: i10_credit_limit
SELECT format('partner %s: balance %s is below the credit limit of %s', partner_id, balance, credit_limit) AS problem
FROM account WHERE balance + credit_limit < 0

-- name: i10_guards
SELECT missing_guards('I10') AS problem

-- ---------------------------------------------------------------- what was looked at

-- name: scope
SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM allocation) AS allocations,
       (SELECT count(*) FROM pool) AS pools, (SELECT coalesce(sum(size), 0)::bigint FROM pool) AS codes,
       (SELECT count(*) FROM attempt) AS attempts, (SELECT count(*) FROM lease WHERE state = 'active') AS leases,
       (SELECT count(*) FROM account) AS accounts, (SELECT coalesce(sum(last_entry), 0)::bigint FROM account) AS entries,
       (SELECT count(*) FROM webhook) AS webhooks, (SELECT count(*) FROM reveal) AS views, (SELECT count(*) FROM change) AS changes

-- name: note_run
INSERT INTO audit_run (ok, findings) VALUES ($1, $2)
