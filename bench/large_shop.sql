-- A shop that has sold for 90 days, written by sets into the real tables, past nobody's guard: constraints and
-- triggers are on. Read by bench/large_shop.py, which runs `chunk` again and again. What the lists do not show
-- (codes themselves, digests) is made up; `quangate audit` is not asked about it.

-- name: people
INSERT INTO partner (name, webhook_secret) SELECT 'history-' || n, '' FROM generate_series(1, 24) AS n;
INSERT INTO account (partner_id, credit_limit) SELECT p.id, 1000000000000000 FROM partner p WHERE p.name LIKE 'history-%';
INSERT INTO pool (name) SELECT 'sold-' || n FROM generate_series(1, 4) AS n;
INSERT INTO batch (pool_id, kind, state, lo, completed_at) SELECT p.id, 'import', 'on_sale', 0, now() FROM pool p WHERE p.name LIKE 'sold-%';
INSERT INTO sku (sku, name, kind, pool_id, price)
SELECT 'SOLD-' || n, 'Sold ' || n, 'code', (SELECT p.id FROM pool p WHERE p.name = 'sold-' || n), 1990 FROM generate_series(1, 4) AS n;
INSERT INTO sku (sku, name, kind, price, account_rule) SELECT 'DONE-' || n, 'Done ' || n, 'topup', 4990, 'cn-mobile' FROM generate_series(1, 6) AS n;

-- name: chunk
-- The orders $1 to $2 of $3, evenly over 90 days: four of ten for codes, of partners of which the first has half.
CREATE TEMPORARY TABLE said ON COMMIT DROP AS
SELECT o.n, o.at, (extract(epoch FROM o.at - timestamptz '2025-01-01Z') * 1000)::bigint << 22 AS id, p.id AS partner_id,
       o.n % 10 < 4 AS is_code, CASE WHEN o.n % 10 < 4 THEN s.id ELSE t.id END AS sku_id, s.pool_id, o.n / 10 * 4 + o.n % 10 AS place,
       CASE WHEN o.n % 10 < 4 THEN 'delivered' WHEN o.n % 997 = 5 THEN 'uncertain' WHEN o.n % 499 = 5 THEN 'processing'
            WHEN o.n % 49 = 5 THEN 'failed' WHEN o.n % 4999 = 6 THEN 'reversed' ELSE 'delivered' END AS state,
       CASE WHEN o.n % 10 < 4 THEN 1990 ELSE 4990 END AS amount, '1' || lpad((o.n * 7919 % 9999999967)::text, 10, '0') AS account
FROM (SELECT g.n, date_trunc('minute', now()) - ($3 - g.n) * (interval '90 days' / $3) AS at FROM generate_series($1::bigint, $2::bigint - 1) AS g (n)) AS o
JOIN partner p ON p.name = 'history-' || CASE WHEN o.n / 10 % 2 = 0 THEN 1 WHEN o.n / 10 % 10 < 6 THEN 2 ELSE 3 + o.n / 10 % 22 END
JOIN sku s ON s.sku = 'SOLD-' || 1 + o.n % 4
JOIN sku t ON t.sku = 'DONE-' || 1 + o.n % 6;
INSERT INTO code (pool_id, seq, batch_id, sealed)
SELECT s.pool_id, s.place / 4, b.id, decode(md5(s.n::text) || md5(s.n::text) || md5(s.n::text), 'hex')
FROM said s JOIN batch b ON b.pool_id = s.pool_id WHERE s.is_code ORDER BY s.pool_id, s.n;
UPDATE pool p SET size = x.most + 1, next_seq = x.most + 1 FROM (SELECT s.pool_id, max(s.place / 4) AS most FROM said s WHERE s.is_code GROUP BY s.pool_id) AS x
WHERE p.id = x.pool_id;
INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state, delivered_quantity, pool_id, seqs, account, refunded,
                    details, parked, commit_no, created_at, updated_at)
SELECT s.partner_id, s.id, 'H' || s.n, decode(left(md5(s.n::text), 32), 'hex'), s.sku_id, 1, s.amount, s.state,
       CASE WHEN s.state IN ('delivered', 'reversed') THEN 1 ELSE 0 END, CASE WHEN s.is_code THEN s.pool_id END,
       CASE WHEN s.is_code THEN ARRAY[s.place / 4] END, CASE WHEN NOT s.is_code THEN s.account END,
       CASE WHEN s.state IN ('failed', 'reversed') THEN s.amount ELSE 0 END,
       '{"buyer_id":"h' || s.n % 1000003 || '"}', CASE WHEN s.state = 'uncertain' AND s.n % 4 = 1 THEN 'no certain answer for 24 hours' END, 1, s.at, s.at
FROM said s ORDER BY s.id;
INSERT INTO allocation (pool_id, seq, order_id) SELECT s.pool_id, s.place / 4, s.id FROM said s WHERE s.is_code ORDER BY s.pool_id, s.n;
INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, state, upstream_no, cost, delivered_quantity, code, message,
                     created_at, sent_at, updated_at, next_check_at, line)
SELECT s.id + k.k, s.partner_id, s.id, u.id, 'mobile-50', s.account, 1,
       CASE WHEN k.k < 5 THEN 'rejected' WHEN s.state = 'failed' THEN 'failed' WHEN s.state = 'reversed' THEN 'reversed' WHEN s.state = 'uncertain' THEN 'uncertain'
            WHEN s.state = 'processing' THEN 'accepted' ELSE 'succeeded' END,
       'U' || s.n || '-' || k.k, 4800, CASE WHEN k.k = 5 AND s.state = 'delivered' THEN 1 ELSE 0 END, CASE WHEN k.k < 5 THEN '3001' END,
       CASE WHEN k.k < 5 THEN 'out of stock' END, s.at, s.at, s.at, CASE WHEN k.k = 5 AND s.state IN ('uncertain', 'processing') THEN 'infinity'::timestamptz END, NULL
FROM said s CROSS JOIN generate_series(1, 5) AS k (k) JOIN upstream u ON u.name = 'fulu' || 1 + k.k % 2 WHERE NOT s.is_code ORDER BY s.id, k.k;
INSERT INTO webhook (id, partner_id, order_id, type, sequence, state, attempts, last_status, created_at)
SELECT s.id, s.partner_id, s.id, 'order.' || s.state, 1, CASE WHEN s.n % 1999 = 7 THEN 'dead' ELSE 'delivered' END, 1, 200, s.at
FROM said s WHERE NOT s.is_code AND s.state NOT IN ('processing', 'uncertain') ORDER BY s.id;
INSERT INTO callback (upstream_id, attempt_id, verdict, hint, body, received_at, digest, size)
SELECT u.id, s.id + 5, 'settled', 'delivered', '', s.at, decode(md5(s.n::text), 'hex'), 300
FROM said s JOIN upstream u ON u.name = 'fulu2' WHERE NOT s.is_code AND s.n % 2 = 0 AND s.state <> 'processing' ORDER BY s.id;
INSERT INTO reveal (no, chain, height, via, items, digest, hash, revealed_at)
SELECT 1000000 + s.n, 99, s.n, 'api', jsonb_build_array(jsonb_build_object('order_no', s.id::text, 'index', 0, 'key_id', 'qk_past')),
       sha256(''), sha256(''), s.at
FROM said s WHERE s.is_code AND s.n % 10 = 0;
WITH counted AS (
    SELECT s.partner_id, array_agg(s.id ORDER BY s.n) AS ids, array_agg(-s.amount ORDER BY s.n) AS amounts, sum(s.amount) AS amount, max(s.at) AS at,
           s.n / 2000 AS part FROM said s GROUP BY s.partner_id, s.n / 2000
), deposited AS (
    SELECT a.partner_id, a.balance, a.last_entry FROM account a
)
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_ids, amounts, created_at)
SELECT c.partner_id, d.last_entry + sum(cardinality(c.ids)) OVER w, 'charge', -c.amount, d.balance - sum(c.amount) OVER w, c.ids, c.amounts, c.at
FROM counted c JOIN deposited d USING (partner_id) WHERE cardinality(c.ids) > 1 WINDOW w AS (PARTITION BY c.partner_id ORDER BY c.part) ORDER BY c.partner_id, c.part;
UPDATE account a SET balance = x.balance, last_entry = x.last FROM (
    SELECT DISTINCT ON (e.partner_id) e.partner_id, e.balance_after AS balance, e.seq AS last FROM entry e
    WHERE e.partner_id IN (SELECT s.partner_id FROM said s) ORDER BY e.partner_id, e.seq DESC) AS x
WHERE a.partner_id = x.partner_id AND a.last_entry < x.last;
INSERT INTO service_case (partner_id, id, out_case_no, content_hash, order_id, kind, reason, opened_by, state, decided_by, decided_at, decision, outcome,
                          created_at, updated_at)
SELECT s.partner_id, s.id + 9, 'C' || s.n, '', s.id, 'question', 'not-received', 'partner',
       CASE WHEN s.n % 3000 = 0 THEN 'opened' WHEN s.n % 2 = 0 THEN 'resolved' ELSE 'refused' END,
       CASE WHEN s.n % 3000 > 0 THEN 'root' END, CASE WHEN s.n % 3000 > 0 THEN s.at END, CASE WHEN s.n % 3000 > 0 THEN 'seen' END,
       CASE WHEN s.n % 3000 > 0 THEN 'done' END, s.at, s.at
FROM said s WHERE s.n % 30 = 0;
INSERT INTO case_step (partner_id, case_id, no, at, step, actor, state)
SELECT s.partner_id, s.id + 9, k.k, s.at, 'noted', 'root', 'opened' FROM said s CROSS JOIN generate_series(1, 3) AS k (k) WHERE s.n % 30 = 0

-- name: changes
-- A thousand in a transaction: each looks at the chain's head, which each leaves another version of.
SELECT record_change('root', 'accounts.deposit', 'history-' || n % 24, '{"amount": 100}', '{"balance": 1}', '{"balance": 101}', 'history', '127.0.0.1',
                     jsonb_build_object('request_id', md5(n::text))) FROM generate_series($1::bigint, $2::bigint) AS n

-- name: rest
-- Requests and alerts that are over.
INSERT INTO approval (action, permission, subject, summary, parameters, parameters_sha256, requested_by, requester_person, requested_from, how, state, requested_at,
                      expires_at, decided_by, decider_person, decided_at, decision_reason)
SELECT 'accounts.adjust', 'accounts:adjust', 'history-1', 'adjust', '{}', sha256(convert_to('{}', 'UTF8')), 'ann', 'ann', '127.0.0.1', '{}', 'refused',
       now() - n * interval '1 minute', now() - n * interval '1 minute', 'root', 'root', now() - n * interval '1 minute', 'no' FROM generate_series(100000, 1, -1) AS n;
INSERT INTO alert (kind, subject, level, detail, since, seen_at, resolved_at)
SELECT 'parked', 'orders', 'ticket', 'old', now() - n * interval '1 minute', now() - n * interval '1 minute', now() - n * interval '1 minute'
FROM generate_series(40000, 1, -1) AS n
