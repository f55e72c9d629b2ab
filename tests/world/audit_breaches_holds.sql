-- Breaches of what is held, and of passes: see audit_breaches.sql.

-- breach: i3_held_codes: hold 601 is held, but code 10 of pool
DELETE FROM held_code;

-- breach: i3_held_codes: code 10 is held by hold 602, which does not hold it
UPDATE held_code SET hold_id = 602;

-- breach: i3_held_and_sold: code 10 is held by hold 601, and sold with order 101
INSERT INTO allocation (pool_id, seq, order_id) SELECT pool_id, seq, 101 FROM held_code;

-- breach: i3_held_and_free: code 10 is held by hold 601, and lies in a fragment
INSERT INTO fragment (pool_id, lo, hi, shelf_id) SELECT pool_id, seq, seq + 1, pool_id FROM held_code;

-- breach: i3_held_too_long: hold 601 was over at
INSERT INTO worker (slot, worker_id, host, pid, expires_at) VALUES (7, gen_random_uuid(), 'h', 1, now() + interval '1 minute');
UPDATE hold SET expires_at = now() - interval '10 minutes' WHERE id = 601;

-- breach: i3_hold_bounds: 1 holds are open, reckoned with are 0
UPDATE hold_partner SET open_at_most = 0;

-- breach: i3_hold_bounds: 1 codes are held, reckoned with are 0
UPDATE hold_pool SET held_at_most = 0;

-- breach: i5_hold_and_order: is confirmed by order 999, which does not exist
UPDATE hold SET order_id = 999 WHERE id = 602;

-- breach: i5_hold_and_order: is confirmed by order 101, which has 1 of SKU
UPDATE hold SET amount = 99 WHERE id = 602;

-- breach: i5_hold_and_order: order 101 confirms 2 holds: 601, 602
UPDATE hold SET state = 'confirmed', order_id = 101 WHERE id = 601;

-- breach: i3_hold_guards: the guard lease_unheld of lease is missing
DROP TRIGGER lease_unheld ON lease;

-- breach: i15_pass_and_owner: pass 7 of campaign rush was used by nobody with the number 777
UPDATE pass_use SET order_id = 777;

-- breach: i15_pass_and_owner: pass 7 of campaign rush was used by order 101, which is not in it
UPDATE pass_use SET order_id = 101;

-- breach: i15_pass_and_owner: pass 7 of campaign rush was used by hold 602, which is not in it
UPDATE pass_use SET order_id = 602;

-- breach: i15_pass_and_owner: 2 passes were used by 601: 7, 8
INSERT INTO pass_use SELECT partner_id, campaign_id, 8, order_id FROM pass_use;

-- breach: i15_without_pass: hold 601 is in campaign rush without a pass
DELETE FROM pass_use;

-- breach: i15_without_pass: order 102 is in campaign rush without a pass
UPDATE orders SET details = '{"campaign": "rush"}' WHERE id = 102;

-- breach: i15_guards: the guard pass_use_kept of pass_use is missing
DROP TRIGGER pass_use_kept ON pass_use;
