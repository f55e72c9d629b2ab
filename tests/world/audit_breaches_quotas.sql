-- Breaches of quotas (I14); how they are read: audit_breaches.sql, whose guards are gone here, too.

-- breach: i14_had_and_taken: quota each: 5 were had by
UPDATE quota_use SET used = 5 WHERE subject <> '';

-- breach: i14_had_and_taken: orders and holds have 4
DELETE FROM quota_block;

-- breach: i14_taken_and_orders: order 102 has 3 units of quotas, it should have 2
UPDATE quota_taken SET units = 3 WHERE owner_id = 102;

-- breach: i14_taken_and_orders: hold 601 has 1 units of quotas, it should have 0
UPDATE hold SET state = 'released' WHERE id = 601;

-- breach: i14_taken_and_orders: nobody with the number 777 has 1 units
UPDATE quota_taken SET owner_id = 777 WHERE owner_id = 101;

-- breach: i14_order_not_counted: order 101 is not counted by the quota together
DELETE FROM quota_taken WHERE owner_id = 101;

-- breach: i14_order_not_counted: hold 601 is not counted by the quota together
DELETE FROM quota_taken WHERE owner_id = 601;

-- breach: i14_more_than_allowed: quota each: 6 were had by
UPDATE quota_use SET used = 6 WHERE subject <> '';

-- breach: i14_more_than_allowed: -1 units are in the hands
UPDATE quota_block SET units = -1;

-- breach: i14_guards: the guard quota_use_most of quota_use is missing
SELECT;
