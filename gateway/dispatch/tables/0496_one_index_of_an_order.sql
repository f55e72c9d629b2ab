-- 0495 does the work of both. The lock first, all of it: to get more of it later, we would wait for those who wait for us.
LOCK TABLE attempt IN ACCESS EXCLUSIVE MODE;
DROP INDEX attempt_live;
DROP INDEX attempt_order;
ALTER INDEX attempt_of_order RENAME TO attempt_live;
