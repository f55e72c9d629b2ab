-- Money that came back for an order, or was put right: found by the order. Charges are no part of it: there are as many as
-- orders, and a run of them has many orders.
CREATE INDEX entry_order ON entry (partner_id, order_id, seq) WHERE kind <> 'charge' AND order_id IS NOT NULL;
