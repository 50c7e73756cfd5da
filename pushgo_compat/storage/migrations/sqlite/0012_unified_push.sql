-- Channels of UnifiedPush: each for one topic that ntfy's Android app has made for another
-- app. A channel that the app reads has vouched for it, and takes it along.
ALTER TABLE channels ADD COLUMN voucher INTEGER REFERENCES channels (number) ON DELETE CASCADE;
ALTER TABLE channels ADD COLUMN subscribed_at INTEGER;    -- last, about; only of those
CREATE INDEX channels_vouched ON channels (voucher) WHERE voucher IS NOT NULL;
