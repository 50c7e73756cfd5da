-- The last number given out; the first is 10,000,000. Kept apart from push_numbers, so
-- that a number is not used again when its row is purged. The numbers that an earlier
-- release made of the clock are above 2^40, and stay readable until they are purged.
ALTER TABLE state ADD COLUMN last_push_number INTEGER NOT NULL DEFAULT 9999999;
