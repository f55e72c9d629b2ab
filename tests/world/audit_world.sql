-- A small world in which every invariant holds: codes sold, void, leased and free; top-ups
-- delivered, failed, in the air; a view. Made with the product's own functions where it has them.

INSERT INTO partner (name, webhook_secret) VALUES ('acme', 'x');
INSERT INTO account (partner_id, balance, last_entry) SELECT id, 10000, 1 FROM partner;
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, reference) SELECT id, 1, 'deposit', 10000, 10000, 'r1' FROM partner;
INSERT INTO webhook_endpoint (partner_id, url, set_at) SELECT id, 'https://acme.example', now() - interval '1 day' FROM partner;
INSERT INTO pool (name, size) VALUES ('vip', 20);
INSERT INTO batch (pool_id, kind, state, lo, imported) SELECT id, 'import', 'on_sale', 0, 20 FROM pool;
INSERT INTO code (pool_id, seq, batch_id, sealed) SELECT p.id, s, b.id, 'sealed' FROM pool p, batch b, generate_series(0, 19) AS s;
INSERT INTO sku (sku, name, kind, pool_id, price) SELECT 'VIP', 'VIP', 'code', id, 100 FROM pool;
INSERT INTO sku (sku, name, kind, price, account_rule) VALUES ('TOP', 'Top-up', 'topup', 500, 'any');
INSERT INTO upstream (name, connector, base_url, settings, callback_token) VALUES ('u', 'fulu', 'http://127.0.0.1:1', 'x', 't');

-- Two quotas on VIP, asked by every order since: one per partner, one total.
INSERT INTO quota (name, sku_id, per, span, most, settles_at) SELECT 'each', id, 'partner', 'ever', 5, NULL FROM sku WHERE sku = 'VIP';
INSERT INTO quota (name, sku_id, per, span, most, settles_at) SELECT 'together', id, 'total', 'day', 50, NULL FROM sku WHERE sku = 'VIP';

-- Worker w1 holds the range it was granted; worker w2's lease has expired.
SELECT refill('00000000-0000-0000-0000-000000000001', id, 6, '{}', 3600) FROM pool;
SELECT refill('00000000-0000-0000-0000-000000000002', id, 4, '{}', 3600) FROM pool;
UPDATE lease SET expires_at = now() - interval '1 second' WHERE worker_id = '00000000-0000-0000-0000-000000000002';

-- Orders 101 (code 0) and 102 (codes 1, 2) delivered; top-ups 201, 202, 203 under way.
SELECT commit_orders(
    p_batch => '00000000-0000-0000-0000-0000000000aa', p_opens => NULL, p_chain => 1,
    p_partner => array_fill(p.id, ARRAY[5]), p_id => '{101,102,201,202,203}', p_out => '{a,b,c,d,e}',
    p_hash => '{"\\x89116713f7dd11955790c3c3f510ddf7","\\x99c49715e991c61d5b4b6f902e3e5055","\\xcea3441a559f438c84c5bd696cca5453","\\xcea3441a559f438c84c5bd696cca5453","\\xcea3441a559f438c84c5bd696cca5453"}', p_sku => ARRAY[v.id, v.id, t.id, t.id, t.id],
    p_quantity => '{1,2,1,1,1}', p_amount => '{100,200,500,500,500}', p_pool => ARRAY[pl.id, pl.id, NULL, NULL, NULL],
    p_first => '{1,2,NULL,NULL,NULL}', p_account => '{NULL,NULL,x,x,x}', p_metadata => array_fill(NULL::text, ARRAY[5]),
    p_details => array_fill(NULL::text, ARRAY[5]), p_quotas => ARRAY[q.asked, q.asked, NULL, NULL, NULL],
    p_count_quota => q.ids, p_count_subject => q.subjects, p_count_wanted => '{3,3}', p_ask_line => '{1,1,2,2}', p_ask_place => '{1,2,1,2}',
    p_notify => array_fill(true, ARRAY[5]), p_notify_url => array_fill(NULL::text, ARRAY[5]),
    p_attempt => '{NULL,NULL,301,302,303}', p_upstream => ARRAY[NULL, NULL, u.id, u.id, u.id], p_product => '{NULL,NULL,x,x,x}',
    p_cost_max => array_fill(NULL::bigint, ARRAY[5]), p_face => array_fill(NULL::bigint, ARRAY[5]), p_owner => NULL,
    a_line => '{1,2,2}', a_seq => '{0,1,2}', a_lease => array_fill(l.id, ARRAY[3]), l_id => ARRAY[l.id], l_epoch => ARRAY[l.epoch])
FROM partner p, sku v, sku t, pool pl, upstream u, lease l,
     (SELECT jsonb_agg(jsonb_build_array(q.id, q.subject) ORDER BY q.id)::text AS asked, array_agg(q.id ORDER BY q.id) AS ids,
             array_agg(q.subject ORDER BY q.id) AS subjects
      FROM (SELECT q.id, CASE q.per WHEN 'partner' THEN p.id::text ELSE '' END AS subject FROM quota q, partner p) AS q) AS q
WHERE v.sku = 'VIP' AND t.sku = 'TOP' AND l.worker_id = '00000000-0000-0000-0000-000000000001';

-- 201 succeeded; 202 was rejected and refunded; 203 is uncertain.
UPDATE attempt SET state = 'succeeded' WHERE id = 301;
UPDATE attempt SET state = 'rejected' WHERE id = 302;
UPDATE attempt SET state = 'uncertain' WHERE id = 303;
UPDATE orders SET state = 'delivered', delivered_quantity = 1, last_event = 1 WHERE id = 201;
UPDATE orders SET state = 'failed', last_event = 1, refunded = 500 WHERE id = 202;
UPDATE orders SET state = 'uncertain' WHERE id = 203;
INSERT INTO webhook (id, partner_id, order_id, type, sequence, next_attempt_at)
SELECT o.id, o.partner_id, o.id, 'order.' || o.state, 1, now() FROM orders o WHERE o.id IN (201, 202);
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, reference)
SELECT partner_id, last_entry + 1, 'refund', 500, balance + 500, 202, '302' FROM account;
UPDATE account SET balance = balance + 500, last_entry = last_entry + 1;

-- A void code in the free part, and a view of order 102's codes.
SELECT void_codes(id, '{15}', 'recalled') FROM pool;
SELECT record_views(1, '[{"order": "102", "key": "qk_1", "via": "read"}]');

-- Hold 601 has code 10, and used the pass 7 of a campaign; hold 602 became order 101.
INSERT INTO campaign (name, sku_id, starts_at, ends_at) SELECT 'rush', id, now() - interval '1 hour', now() + interval '1 hour' FROM sku WHERE sku = 'VIP';
INSERT INTO waiting_room (campaign_id) SELECT id FROM campaign;
SELECT hold_goods(pl.id, pl.id, 0, ROW (2, 10, 1000, 30, 60)::hold_limits, ARRAY[ROW (
    p.id, 601, 'h1', '\x00', s.id, 1, 100, 900, NULL, 'b1', '192.0.2.1', '{"campaign": "rush"}', NULL, NULL, q.asked, c.id, 7)::hold_line],
    q.ids, q.subjects, '{1,1}', '{1,1}', '{1,2}')
FROM partner p, pool pl, sku s, campaign c,
     (SELECT jsonb_agg(jsonb_build_array(q.id, q.subject) ORDER BY q.id)::text AS asked, array_agg(q.id ORDER BY q.id) AS ids,
             array_agg(q.subject ORDER BY q.id) AS subjects
      FROM (SELECT q.id, CASE q.per WHEN 'partner' THEN p.id::text ELSE '' END AS subject FROM quota q, partner p) AS q) AS q
WHERE s.sku = 'VIP';
INSERT INTO hold (partner_id, id, out_hold_no, content_hash, sku_id, quantity, amount, pool_id, seqs, state, order_id, expires_at, created_at, updated_at)
SELECT p.id, 602, 'h2', '\x00', s.id, 1, 100, pl.id, '{0}', 'confirmed', 101, now(), now(), now() FROM partner p, pool pl, sku s WHERE s.sku = 'VIP';

-- What operators did.
SELECT record_change('os:li@host', 'partner.create', 'acme', '{"partner": "acme"}', NULL, '{"partner": {"name": "acme"}}', NULL, 'uid 1');
SELECT record_change('os:li@host', 'account.adjust', 'acme', '{"amount": 5}', NULL, NULL, 'typed twice', 'uid 1');

-- Order 401 bought two codes on demand; the platform sold one more, which is void.
INSERT INTO pool (name, purchased) VALUES ('card', true);
INSERT INTO sku (sku, name, kind, purchase_pool_id, price) SELECT 'CARD', 'Card', 'code', id, 100 FROM pool WHERE name = 'card';
INSERT INTO batch (pool_id, kind, state, lo, imported) SELECT id, 'purchase', 'on_sale', 0, 3 FROM pool WHERE name = 'card';
SELECT commit_orders(
    p_batch => '00000000-0000-0000-0000-0000000000bb', p_opens => NULL, p_chain => 1,
    p_partner => ARRAY[p.id], p_id => '{401}', p_out => '{f}', p_hash => ARRAY['\x61f3eaa994b752c8b8c2098563b3618c'::bytea], p_sku => ARRAY[s.id],
    p_quantity => '{2}', p_amount => '{200}', p_pool => ARRAY[NULL::bigint], p_first => '{NULL}', p_account => ARRAY[NULL::text],
    p_metadata => ARRAY[NULL::text], p_details => ARRAY[NULL::text],
    p_notify => ARRAY[true], p_notify_url => ARRAY[NULL::text],
    p_attempt => '{501}', p_upstream => ARRAY[u.id], p_product => '{y}', p_cost_max => ARRAY[NULL::bigint],
    p_face => ARRAY[NULL::bigint], p_owner => NULL, a_line => '{}', a_seq => '{}', a_lease => '{}', l_id => '{}', l_epoch => '{}')
FROM partner p, sku s, upstream u WHERE s.sku = 'CARD';
SELECT open_purchases('{501}', ARRAY[id], '{1,1,1}',
    '{00000000-0000-0000-0000-0000000000c0,00000000-0000-0000-0000-0000000000c1,00000000-0000-0000-0000-0000000000c2}')
FROM pool WHERE name = 'card';
INSERT INTO code (pool_id, seq, batch_id, sealed)
SELECT p.id, s, b.id, 'sealed' FROM pool p JOIN batch b ON b.pool_id = p.id, generate_series(0, 2) AS s WHERE p.name = 'card';
INSERT INTO bought_code (fingerprint, pool_id, seq, attempt_id)
SELECT ('00000000-0000-0000-0000-0000000000c' || s)::uuid, id, s, 501 FROM pool, generate_series(0, 2) AS s WHERE name = 'card';
UPDATE pool SET size = 3, next_seq = 3 WHERE name = 'card';
SELECT settle(ARRAY[jsonb_populate_record(NULL::attempt_news, jsonb_build_object(
    'attempt', 501, 'news', 'succeeded', 'delivered', 2, 'webhook', 401, 'pool', id, 'seqs', jsonb_build_array(0, 1)))], NULL)
FROM pool WHERE name = 'card';
SELECT close_purchases(2, '{501}', '{501}', ARRAY[id], '{2}') FROM pool WHERE name = 'card';

-- Orders of a platform that wait for a person; its channel is made by the acts.
INSERT INTO channel_task (partner_id, number, channel_id, told, wish, state, why, next_attempt_at)
VALUES (1, 'held-1', 1, '{}', '{}', 'held', 'a test', NULL), (1, 'held-2', 1, '{}', '{}', 'held', 'a test', NULL);
