-- Partners' zones, as the order path knows them.

-- name: zones
SELECT DISTINCT ON (z.partner_id) z.partner_id, z.zone FROM partner_zone z ORDER BY z.partner_id, z.since DESC
