-- The entries of an account numbered p_lo <= seq < p_hi; costs what it returns, and the ends of two runs.
CREATE FUNCTION entries_between(p_partner bigint, p_lo bigint, p_hi bigint)
RETURNS TABLE (seq bigint, kind text, amount bigint, balance_after bigint, order_id bigint, reference text, created_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT one.* FROM entry e CROSS JOIN LATERAL entries_of(e) AS one
    WHERE e.partner_id = p_partner AND e.seq >= p_lo
      AND e.seq <= coalesce((SELECT min(last.seq) FROM entry last WHERE last.partner_id = p_partner AND last.seq >= p_hi - 1), p_hi)
      AND one.seq >= p_lo AND one.seq < p_hi
$$;
