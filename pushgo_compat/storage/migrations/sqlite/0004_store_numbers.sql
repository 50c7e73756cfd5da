-- The oldest program that may still write this store, as the number of the last migration
-- that it knows. A migration raises it one release after the tables changed, so that an
-- old instance goes on beside a new one.
ALTER TABLE state ADD COLUMN oldest_program INTEGER NOT NULL DEFAULT 1;
ALTER TABLE state ADD COLUMN secret_fingerprint BLOB;           -- set once, by the first
ALTER TABLE state ADD COLUMN probe INTEGER NOT NULL DEFAULT 0;  -- counted up by /readyz
