-- What comes after a followed order was ended at its house (other codes, money back, a reversal) cannot be
-- said there: neither 阿奇索 nor 卡速售's supplier side has a call for it. So a person has to look, who is
-- told of held orders, and settles it on the house's own pages. The rest is as in migration 0437.
CREATE OR REPLACE FUNCTION wake_channel_orders() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_indexscan = off SET enable_mergejoin = off SET enable_hashjoin = on AS $$
BEGIN
    IF EXISTS (SELECT FROM channel) THEN
        UPDATE channel_order c SET state = 'pending', version = c.version + 1, attempts = 0, next_attempt_at = now()
        FROM old_orders o JOIN new_orders n ON n.partner_id = o.partner_id AND n.id = o.id
        WHERE c.partner_id = n.partner_id AND c.out_order_no = n.out_order_no
          AND n.state IN ('delivered', 'partial', 'failed', 'reversed')
          AND (n.state <> o.state OR n.refunded <> o.refunded OR coalesce(n.replaced, 0) <> coalesce(o.replaced, 0));
        UPDATE channel_task t SET state = 'held', attempts = 0, next_attempt_at = NULL, why = format(
            'the house knows it as delivered; since then it is %s, %s paid back, %s codes replaced: settle it there',
            n.state, n.refunded, coalesce(n.replaced, 0))
        FROM old_orders o JOIN new_orders n ON n.partner_id = o.partner_id AND n.id = o.id
        WHERE t.partner_id = n.partner_id AND t.number = n.out_order_no AND t.state IN ('done', 'held')
          AND o.state = 'delivered'
          AND (n.state <> o.state OR n.refunded <> o.refunded OR coalesce(n.replaced, 0) <> coalesce(o.replaced, 0));
    END IF;
    RETURN NULL;
END $$;
