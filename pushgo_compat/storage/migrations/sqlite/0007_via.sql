-- Which stores a message came through before it came here (X-PushGo-Via): a message
-- that has been here before is not delivered again.
ALTER TABLE messages ADD COLUMN via TEXT;
ALTER TABLE state ADD COLUMN store_id TEXT NOT NULL DEFAULT '';
UPDATE state SET store_id = lower(hex(randomblob(8)));
