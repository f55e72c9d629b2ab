-- Other codes, or money back for an order that stays delivered, wake its row as well: its house tells its
-- buyer of the order as it is now. An order's messages of ours (`last_event`) wake nothing.
CREATE OR REPLACE FUNCTION wake_channel_orders() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_indexscan = off SET enable_mergejoin = off SET enable_hashjoin = on AS $$
BEGIN
    IF EXISTS (SELECT FROM channel) THEN
        UPDATE channel_order c SET state = 'pending', version = c.version + 1, attempts = 0, next_attempt_at = now()
        FROM old_orders o JOIN new_orders n ON n.partner_id = o.partner_id AND n.id = o.id
        WHERE c.partner_id = n.partner_id AND c.out_order_no = n.out_order_no
          AND n.state IN ('delivered', 'partial', 'failed', 'reversed')
          AND (n.state <> o.state OR n.refunded <> o.refunded OR coalesce(n.replaced, 0) <> coalesce(o.replaced, 0));
    END IF;
    RETURN NULL;
END $$;
