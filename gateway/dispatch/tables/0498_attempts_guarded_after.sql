-- Guards that only refuse look after the update: before it, PostgreSQL locks each row for them, which is a record of
-- its log. What they refuse is undone as ever. They are those of 0160 and 0210.
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
