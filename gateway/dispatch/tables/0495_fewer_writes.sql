-- A callback is found by the key that keeps each once; this index was in every callback's way, and nobody asked it.
DROP INDEX callback_attempt;

-- One index for I6 and for the attempts of an order: what is over gives its number, of what is not an order has one
-- at most. Built before the old one goes.
CREATE UNIQUE INDEX attempt_of_order ON attempt
    (order_id, (CASE WHEN state IN ('rejected', 'failed', 'reversed') THEN id ELSE 0 END));
DROP INDEX attempt_live;
DROP INDEX attempt_order;
ALTER INDEX attempt_of_order RENAME TO attempt_live;

-- Guards that only refuse look after the update: before it, PostgreSQL locks each row for them, which is a record of
-- its log. What they refuse is undone as ever. They are those of 0160, 0210 and 0410.
CREATE OR REPLACE TRIGGER order_states AFTER UPDATE ON orders FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND NOT CASE OLD.state
        WHEN 'processing' THEN NEW.state IN ('delivered', 'partial', 'failed', 'uncertain')
        WHEN 'uncertain' THEN NEW.state IN ('delivered', 'partial', 'failed', 'processing')
        WHEN 'delivered' THEN NEW.state = 'reversed'
        WHEN 'partial' THEN NEW.state = 'reversed'
        ELSE false END)
    EXECUTE FUNCTION refuse_move();
CREATE OR REPLACE TRIGGER order_content AFTER UPDATE ON orders FOR EACH ROW
    WHEN (OLD.partner_id <> NEW.partner_id OR OLD.id <> NEW.id OR OLD.out_order_no <> NEW.out_order_no
          OR OLD.content_hash <> NEW.content_hash OR OLD.sku_id <> NEW.sku_id OR OLD.quantity <> NEW.quantity
          OR OLD.amount <> NEW.amount OR OLD.currency <> NEW.currency OR OLD.account IS DISTINCT FROM NEW.account
          OR OLD.metadata IS DISTINCT FROM NEW.metadata OR OLD.details IS DISTINCT FROM NEW.details
          OR OLD.created_at <> NEW.created_at OR NEW.refunded < OLD.refunded OR NEW.last_event < OLD.last_event
          OR (OLD.seqs IS NOT NULL AND (NEW.seqs IS DISTINCT FROM OLD.seqs OR NEW.pool_id IS DISTINCT FROM OLD.pool_id))
          OR (OLD.commit_no IS NOT NULL AND NEW.commit_no IS DISTINCT FROM OLD.commit_no))
    EXECUTE FUNCTION refuse_rewrite();
CREATE OR REPLACE TRIGGER order_after_sale AFTER UPDATE OF current_seqs, replaced, returned, recipient ON orders
    FOR EACH ROW EXECUTE FUNCTION keep_after_sale();
CREATE OR REPLACE TRIGGER attempt_states AFTER UPDATE ON attempt FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND NOT CASE OLD.state
        WHEN 'created' THEN true
        WHEN 'accepted' THEN NEW.state <> 'created'
        WHEN 'uncertain' THEN NEW.state <> 'created'
        WHEN 'succeeded' THEN NEW.state = 'reversed'
        WHEN 'partial' THEN NEW.state = 'reversed'
        ELSE false END)
    EXECUTE FUNCTION refuse_move();
CREATE OR REPLACE TRIGGER attempt_content AFTER UPDATE ON attempt FOR EACH ROW
    WHEN (OLD.id <> NEW.id OR OLD.partner_id <> NEW.partner_id OR OLD.order_id <> NEW.order_id OR OLD.upstream_id <> NEW.upstream_id
          OR OLD.product_id <> NEW.product_id OR OLD.account <> NEW.account OR OLD.quantity <> NEW.quantity
          OR OLD.purpose <> NEW.purpose OR OLD.line IS DISTINCT FROM NEW.line OR NEW.sends < OLD.sends)
    EXECUTE FUNCTION refuse_rewrite();
