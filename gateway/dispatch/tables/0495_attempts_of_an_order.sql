-- One index for I6 and for the attempts of an order: what is over gives its number, of what is not an order has one
-- at most. Alone in its transaction: who writes attempts waits meanwhile, and whoever waits holds locks that another
-- statement here would wait for. The old ones go next.
CREATE UNIQUE INDEX attempt_of_order ON attempt
    (order_id, (CASE WHEN state IN ('rejected', 'failed', 'reversed') THEN id ELSE 0 END));
