-- Breaches of cases: see audit_breaches.sql.

-- breach: i10_case_refunds: says that it paid 5 back for order 101, its entry says 0 for order none
INSERT INTO service_case (partner_id, id, out_case_no, content_hash, order_id, kind, reason, opened_by, state, outcome, refunded)
SELECT id, 901, 'k', '\x00', 101, 'refund', 'r', 'partner', 'resolved', 'refunded', 5 FROM partner;

-- breach: i10_case_refunds: case 901 says that it paid 0 back for order none, its entry says 5 for order 101
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, reference)
SELECT partner_id, last_entry + 1, 'refund', 5, balance + 5, 101, 'case:901' FROM account;

-- breach: i2_refunded_without_case: order 101 is delivered, and of the 5 that came back its cases explain 0
UPDATE orders SET refunded = 5 WHERE id = 101;

-- breach: i3_struck_out: code 0 was struck out of order 101, and no case says so
INSERT INTO code_void (pool_id, seq, reason, order_id) SELECT id, 0, 'gone', 101 FROM pool WHERE name = 'vip';

-- breach: i3_struck_out: code 0 was struck out of order 102, which it does not belong to
INSERT INTO code_void (pool_id, seq, reason, order_id) SELECT id, 0, 'gone', 102 FROM pool WHERE name = 'vip';

-- breach: i3_reissues: code 9 took the place of code 0 in order 101, which is not struck out
INSERT INTO reissue (partner_id, order_id, position, pool_id, old_seq, new_seq, case_id)
SELECT p.id, 101, 0, v.id, 0, 9, 901 FROM partner p, pool v WHERE v.name = 'vip';

-- breach: i2_codes_of_today: order 101 has other codes than it was sold with
UPDATE orders SET current_seqs = '{7}', replaced = 1 WHERE id = 101;

-- breach: i9_case_guards: the guard case_moves of service_case is missing
DROP TRIGGER case_moves ON service_case;

-- breach: i9_case_guards: the guard keep_case of service_case is not the one that was made
CREATE OR REPLACE FUNCTION public.keep_case() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
