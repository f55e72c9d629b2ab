-- A case that is over and moved nothing has a term: not what changed money, codes or a number, which it explains for ever.
CREATE FUNCTION keep_what_explains() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('resolved', 'refused', 'withdrawn') OR OLD.refunded > 0 OR OLD.replaced > 0 OR OLD.updated_at > now() - interval '7 days'
       OR (OLD.state = 'resolved' AND OLD.kind IN ('reissue', 'refund', 'recipient')) THEN
        RAISE EXCEPTION 'case % is kept', OLD.id USING ERRCODE = 'QG003';
    END IF;
    RETURN OLD;
END $$;
CREATE OR REPLACE TRIGGER case_kept BEFORE DELETE ON service_case FOR EACH ROW EXECUTE FUNCTION keep_what_explains();

-- What happened with a case stays as it is, and as long as the case.
CREATE FUNCTION keep_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR EXISTS (SELECT FROM public.service_case c WHERE c.partner_id = OLD.partner_id AND c.id = OLD.case_id) THEN
        RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'QG003';
    END IF;
    RETURN OLD;
END $$;
CREATE OR REPLACE TRIGGER case_step_insert_only BEFORE UPDATE OR DELETE ON case_step FOR EACH ROW EXECUTE FUNCTION keep_steps();

-- Those that may go, oldest first.
CREATE INDEX service_case_passing ON service_case (id)
    WHERE state IN ('refused', 'withdrawn') OR (state = 'resolved' AND kind IN ('upstream', 'question'));
