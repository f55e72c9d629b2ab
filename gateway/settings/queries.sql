-- The settings, in the catalog's snapshot.

-- name: settings
SELECT name, value FROM setting
