-- A long history: :rows orders of two partners, and messages and entries of one.
INSERT INTO partner (name, webhook_secret) VALUES ('long', ''), ('other', '');
INSERT INTO account (partner_id, balance, last_entry) SELECT id, :rows, :rows FROM partner WHERE name = 'long';
INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state, delivered_quantity, account, refunded,
                    created_at, updated_at)
SELECT p.id, n << 22, 'A' || n, '', 1, 1, 1, CASE WHEN p.name = 'long' THEN 'delivered' ELSE 'failed' END,
       CASE WHEN p.name = 'long' THEN 1 ELSE 0 END, '1', CASE WHEN p.name = 'long' THEN 0 ELSE 1 END, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'
FROM partner p, generate_series(1::bigint, :rows) AS n;
INSERT INTO webhook (id, partner_id, order_id, type, sequence, state, created_at)
SELECT n << 22, p.id, n << 22, 'order.delivered', 1, 'delivered', '2026-01-01T00:00:00Z'
FROM partner p, generate_series(1::bigint, :rows) AS n WHERE p.name = 'long';
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, created_at)
SELECT p.id, n, 'deposit', 1, n, '2026-01-01T00:00:00Z'
FROM partner p, generate_series(1::bigint, :rows) AS n WHERE p.name = 'long';
