-- Breaches, one per block: `-- breach: <statement of the audit>: <words of its finding>`, and
-- the change that breaks the rule in the world of audit_world.sql, once its guards are gone.

-- guards: what makes these changes impossible in production.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER USER', name);
    END LOOP;
END $$;
ALTER TABLE allocation DROP CONSTRAINT allocation_pkey;
ALTER TABLE orders DROP CONSTRAINT orders_quantity, DROP CONSTRAINT orders_partner_id_out_order_no_key;
ALTER TABLE lease DROP CONSTRAINT lease_disjoint;
ALTER TABLE fragment DROP CONSTRAINT fragment_disjoint;
ALTER TABLE account DROP CONSTRAINT account_funds;
ALTER TABLE reveal DROP CONSTRAINT reveal_chain_height_key;
ALTER TABLE code DROP CONSTRAINT code_pkey;
DROP INDEX attempt_live;
ALTER TABLE quota_use DROP CONSTRAINT quota_use_most;
ALTER TABLE quota_block DROP CONSTRAINT quota_block_units;

-- breach: i1_code_in_two_orders: code 0 is in 2 deliveries: orders 101, 999
INSERT INTO orders SELECT (jsonb_populate_record(o, '{"id": 999, "out_order_no": "z"}')).* FROM orders o WHERE id = 101;

-- breach: i1_code_allocated_twice: code 1 is allocated 2 times
INSERT INTO allocation SELECT * FROM allocation WHERE seq = 1;

-- breach: i1_orders_and_allocations_differ: code 2 of pool
UPDATE allocation SET order_id = 101 WHERE seq = 2;

-- breach: i1_orders_and_allocations_differ: order 102 lists code 2
DELETE FROM allocation WHERE seq = 2;

-- breach: i1_allocation_without_code: code 0 is allocated but does not exist
DELETE FROM code WHERE seq = 0;

-- breach: i2_quantity_and_state: order 102 is delivered with 1 of 2
UPDATE orders SET delivered_quantity = 1 WHERE id = 102;

-- breach: i2_codes_and_quantity: order 102 delivered 2 but lists 1 codes
UPDATE orders SET seqs = '{1}' WHERE id = 102;

-- breach: i2_delivered_without_codes: order 401 delivered 2 of a code SKU and lists none
UPDATE orders SET seqs = NULL WHERE id = 401;

-- breach: i2_money_and_state: order 201 of 500 is failed, it says that 0 was refunded, and 0 was
UPDATE orders SET state = 'failed', delivered_quantity = 0 WHERE id = 201;

-- breach: i2_money_and_state: order 202 of 500 is failed, it says that 500 was refunded, and 499 was
UPDATE entry SET amount = 499 WHERE kind = 'refund';

-- breach: i2_money_and_state: order 201 of 500 is delivered, it says that 500 was refunded, and 0 was
UPDATE orders SET refunded = 500 WHERE id = 201;

-- breach: i3_sum_of_parts: imported 21, but
UPDATE pool SET size = 21, next_seq = 21 WHERE name = 'vip';

-- breach: i3_sum_of_parts: imported 20, but
DELETE FROM fragment WHERE hi = 20;

-- breach: i3_shelves: shelf main has 20 codes, but
UPDATE fragment SET hi = hi - 1;

-- breach: i3_shelves: shelf app has 3 codes, but delivered 0 + free 0
INSERT INTO shelf (id, pool_id, name) SELECT 7000, id, 'app' FROM pool WHERE name = 'vip';
INSERT INTO shelf_range SELECT id, 10, 13, 7000 FROM pool WHERE name = 'vip';

-- breach: i3_off_shelf: is of shelf
INSERT INTO shelf (id, pool_id, name) SELECT 7000, id, 'app' FROM pool WHERE name = 'vip';
INSERT INTO shelf_range SELECT id, 5, 6, 7000 FROM pool WHERE name = 'vip';

-- breach: i3_borrowed: 3 codes were lent, 0 borrowed
UPDATE shelf SET lent = 3 FROM pool p WHERE p.id = shelf.pool_id AND p.name = 'vip';

-- breach: i3_sold_after_expiry: code 1 expired at
UPDATE code SET expires_at = now() - interval '1 day' WHERE seq = 1;

-- breach: i3_expiry_unseen: but the fragment over it says never
UPDATE code SET expires_at = now() + interval '1 day' WHERE seq = 12;

-- breach: i3_expiry_unseen: but the lease
UPDATE code SET expires_at = now() + interval '1 day' WHERE seq = 4;
UPDATE lease SET sell_until = now() + interval '2 days';

-- breach: i3_ranges_overlap: overlaps the range before it
UPDATE fragment SET lo = 9 WHERE lo = 11;

-- breach: i3_allocated_but_free: code 0 is allocated and free
INSERT INTO fragment (pool_id, lo, hi, shelf_id) SELECT id, 0, 1, id FROM pool WHERE name = 'vip';

-- breach: i3_codes_and_size: 19 codes and batches of 20
DELETE FROM code WHERE seq = 19;

-- breach: i3_void_without_reason: code 15 is void, but not noted with a reason
DELETE FROM code_void;

-- breach: i3_bought_codes: code 1 is bought on demand, but no purchase brought it
DELETE FROM bought_code WHERE seq = 1;

-- breach: i3_bought_codes: code 2 is bought on demand, but is not there
DELETE FROM code WHERE seq = 2;

-- breach: i3_bought_codes: code 0 is bought on demand, but attempt 777 does not exist
UPDATE bought_code SET attempt_id = 777 WHERE seq = 0;

-- breach: i3_bought_for_another: code 0 was bought for order 401 and is allocated to order 201
UPDATE allocation SET order_id = 201 WHERE order_id = 401 AND seq = 0;

-- breach: i5_number_twice: the number a has 2 orders
UPDATE orders SET out_order_no = 'a' WHERE id = 102;

-- breach: i6_two_live_attempts: order 201 has 2 live attempts: 301, 399
INSERT INTO attempt SELECT (jsonb_populate_record(a, '{"id": 399}')).* FROM attempt a WHERE id = 301;

-- breach: i6_attempt_without_order: attempt 301 belongs to order 777
UPDATE attempt SET order_id = 777 WHERE id = 301;

-- breach: i7_leases_overlap: overlap
UPDATE lease SET lo = 0 WHERE worker_id::text LIKE '%2';

-- breach: i7_lease_beyond_pool: reaches beyond
UPDATE pool SET next_seq = 5 WHERE name = 'vip';

-- breach: i7_allocation_outside_lease: code 2 was allocated under lease
UPDATE lease SET hi = 2 WHERE worker_id::text LIKE '%1';

-- breach: i7_lease_nobody_knows: which does not hold it
INSERT INTO worker (slot, worker_id, host, pid, expires_at, held, renewed_at)
SELECT 7, worker_id, 'h', 1, expires_at - interval '1 second', '{}', now() + interval '1 second' FROM lease WHERE worker_id::text LIKE '%1';

-- breach: i7_lease_nobody_knows: none of the living workers took it back
INSERT INTO worker (slot, worker_id, host, pid, expires_at) VALUES (7, gen_random_uuid(), 'h', 1, now() + interval '1 minute');
UPDATE lease SET expires_at = now() - interval '10 minutes' WHERE worker_id::text LIKE '%2';

-- breach: i9_code_order_open: order 101 is sold from a pool, but processing
UPDATE orders SET state = 'processing' WHERE id = 101;

-- breach: i9_order_and_attempt: order 201 is delivered, but its attempts are: failed
UPDATE attempt SET state = 'failed' WHERE id = 301;

-- breach: i9_order_and_attempt: order 202 is failed, but its attempts are: accepted
UPDATE attempt SET state = 'accepted' WHERE id = 302;

-- breach: i9_order_and_attempt: order 203 is uncertain, but its attempts are: none
DELETE FROM attempt WHERE id = 303;

-- breach: i9_order_and_attempt: order 203 is processing, but its attempts are: uncertain
UPDATE orders SET state = 'processing' WHERE id = 203;

-- breach: i9_order_and_attempt: order 201 is reversed, but its attempts are: succeeded
UPDATE orders SET state = 'reversed' WHERE id = 201;

-- breach: i10_balance: the balance is 8501
UPDATE account SET balance = balance + 1;

-- breach: i10_entry_chain: entry 2 follows entry 0
DELETE FROM entry WHERE seq = 1;

-- breach: i10_entry_chain: entry 7 follows entry 6 with 8700 after 8201, amount 500
UPDATE entry SET amounts[1] = -99 WHERE seq = 6;

-- breach: i10_last_entry: the account counts 9 entries, there are 8
UPDATE account SET last_entry = 9;

-- breach: i10_one_charge_per_order: order 101 of 100 was charged 99
UPDATE entry SET amounts[1] = -99 WHERE order_ids[1] = 101;

-- breach: i10_one_charge_per_order: order 101 of 100 was charged 0 in 0 entries
UPDATE entry SET order_ids[1] = NULL WHERE order_ids[1] = 101;

-- breach: i10_one_charge_per_order: order 102 of 200 was charged 300 in 2 entries
UPDATE entry SET order_ids[1] = 102 WHERE order_ids[1] = 101;

-- breach: i10_refunds: 501 was refunded for order 202 of 500
UPDATE entry SET amount = 501 WHERE kind = 'refund';

-- breach: i10_credit_limit: is below the credit limit
UPDATE account SET balance = -1;

-- breach: i11_sequence: order 101 has had 1 events, but 0 webhooks
DELETE FROM webhook WHERE order_id = 101;

-- breach: i11_terminal_without_webhook: order 101 is delivered and its partner was not told
UPDATE orders SET last_event = 0 WHERE id = 101; DELETE FROM webhook WHERE order_id = 101;

-- breach: i11_webhook_forgotten: webhook 201 of order 201 is pending, but nothing will send it
UPDATE webhook SET next_attempt_at = NULL WHERE id = 201;

-- breach: i13_read_digest: was changed
UPDATE reveal SET items = '[]' WHERE items IS NOT NULL;

-- breach: i13_chain: link 2 does not follow
DELETE FROM reveal WHERE height = 1;

-- breach: i13_chain: link 1 does not follow
UPDATE reveal SET height = 3 - height;

-- breach: i13_head: its head says height 2, its links end at 1
DELETE FROM reveal WHERE height = 2;

-- breach: i13_head: with another hash
UPDATE reveal_head SET hash = sha256('x');

-- breach: i13_head: its head says height 0
DELETE FROM reveal_head;

-- breach: i13_commit_digest: its orders are not the ones it recorded
UPDATE orders SET seqs = '{5}' WHERE id = 101;

-- breach: i13_commit_digest: its orders are not the ones it recorded
DELETE FROM orders WHERE id = 101;

-- breach: i13_commit_digest: its orders are not the ones it recorded
UPDATE orders SET seqs = '{0,2}' WHERE id = 401;

-- breach: i13_delivery_without_view: order 401 delivered codes that no commit recorded
UPDATE orders SET commit_no = NULL WHERE id = 401;

-- breach: i13_delivery_without_view: order 101 delivered codes that no commit recorded
UPDATE orders SET commit_no = NULL WHERE id = 101;

-- breach: i5_content_changed: order 101: its content is not the one it accepted
UPDATE orders SET content_hash = 'x' WHERE id = 101;

-- breach: i5_content_changed: order 102: its content is not the one it accepted
UPDATE orders SET details = '{"max_amount": 1}' WHERE id = 102;

-- breach: i5_content_changed: order 201: its content is not the one it accepted
UPDATE orders SET account = 'y' WHERE id = 201;

-- breach: i5_content_changed: order 202: its content is not the one it accepted
UPDATE orders SET metadata = '{"k": "v"}' WHERE id = 202;

-- breach: i5_content_changed: order 203: its content is not the one it accepted
UPDATE orders SET details = 'no JSON' WHERE id = 203;

-- breach: i6_attempt_for_stock: order 101 was sold from pool vip, but has attempt 999, which is succeeded
INSERT INTO attempt SELECT (jsonb_populate_record(a, '{"id": 999, "order_id": 101}')).* FROM attempt a WHERE id = 301;

-- breach: i7_lease_over_sold: holds code 0, which was sold before
INSERT INTO lease (pool_id, shelf_id, lo, hi, worker_id, expires_at) SELECT id, id, 0, 1, '00000000-0000-0000-0000-000000000009', now() FROM pool WHERE name = 'vip';

-- breach: i7_lease_over_sold: holds code 15, which was made void before
INSERT INTO lease (pool_id, shelf_id, lo, hi, worker_id, expires_at) SELECT id, id, 14, 16, '00000000-0000-0000-0000-000000000009', now() FROM pool WHERE name = 'vip';

-- breach: i7_epochs: is closed with epoch 1
UPDATE lease SET state = 'closed';

-- breach: i7_epochs: is active with epoch 2
UPDATE lease SET epoch = 2;

-- breach: i1_guards: the guard allocation_pkey of allocation is missing
SELECT;

-- breach: i2_guards: the guard orders_quantity of orders is missing
SELECT;

-- breach: i3_guards: the guard code_kept of code is switched off
SELECT;

-- breach: i2_guards: the guard order_is_whole of orders is not the one that was made
CREATE OR REPLACE FUNCTION public.order_is_whole(
    p_state text, p_quantity integer, p_delivered integer, p_amount bigint, p_refunded bigint, p_codes integer, p_tops_up boolean
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END';

-- breach: i3_guards: the guard keep_codes of code is not the one that was made
CREATE OR REPLACE FUNCTION public.keep_codes() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';

-- breach: i3_guards: the guard keep_to_shelf of fragment is not the one that was made
CREATE OR REPLACE FUNCTION public.keep_to_shelf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

-- breach: i5_guards: the guard order_content of orders is missing
DROP TRIGGER order_content ON orders;

-- breach: i5_guards: the guard order_content of orders is not the one that was made
DROP TRIGGER order_content ON orders;
CREATE TRIGGER order_content BEFORE UPDATE ON orders FOR EACH ROW WHEN (OLD.id < 0) EXECUTE FUNCTION public.refuse_rewrite();

-- breach: i10_guards: the guard account_counts of account is not the one that was made
DROP TRIGGER account_counts ON account;
CREATE TRIGGER account_counts BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION public.follow_change();

-- breach: i10_guards: the guard account_funds of account is not the one that was made
ALTER TABLE account ADD CONSTRAINT account_funds CHECK (true);

-- breach: i6_guards: the guard attempt_live of attempt is not the one that was made
CREATE UNIQUE INDEX attempt_live ON attempt (order_id) WHERE id < 0;

-- breach: i6_guards: the guard attempt_live of attempt is missing
SELECT;

-- breach: i7_guards: the guard lease_epochs of lease is switched off
SELECT;

-- breach: i9_guards: the guard order_states of orders is switched off
SELECT;

-- breach: i10_guards: the guard entry_follows of entry is switched off
SELECT;

-- breach: i10_guards: the guard never_emptied of entry is missing
DROP TRIGGER never_emptied ON entry;

-- breach: i13_change_chain: change 2 does not follow
DELETE FROM change WHERE id = 1;

-- breach: i13_change_chain: change 1 does not follow
UPDATE change SET digest = sha256('x') WHERE id = 1;

-- breach: i13_change_head: its head says 2, its last row is 1
DELETE FROM change WHERE id = 2;

-- breach: i13_change_head: its head says nothing
DELETE FROM change_head;

-- breach: i13_change_head: with another hash
UPDATE change SET hash = sha256('x') WHERE id = 2;

-- breach: i13_change_digest: change 2 was changed
UPDATE change SET reason = 'another' WHERE id = 2;

-- breach: i13_change_digest: change 1 was changed
UPDATE change SET at = at - interval '1 microsecond' WHERE id = 1;

-- breach: i13_rights: quangate_gateway may DELETE change
GRANT DELETE ON change TO quangate_gateway;

-- breach: i13_change_guards: the guard follow_change of change is not the one that was made
CREATE OR REPLACE FUNCTION public.follow_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

-- breach: i13_guards: the guard refuse_change of reveal is not the one that was made
CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

-- breach: i13_rights: quangate_gateway may DELETE entry
GRANT DELETE ON entry TO quangate_gateway;

-- breach: i13_rights: everybody may TRUNCATE reveal
GRANT TRUNCATE ON reveal TO PUBLIC;

-- breach: i13_rights: quangate_gateway, who works on entry, is superuser
ALTER ROLE quangate_gateway SUPERUSER;
