-- What an operator needs to bind a key without knowing it, and to find who sends it.
ALTER TABLE unknown_keys ADD COLUMN folded_digest BLOB;                    -- of the lower-case form
ALTER TABLE unknown_keys ADD COLUMN key_length INTEGER NOT NULL DEFAULT 0; -- characters
ALTER TABLE unknown_keys ADD COLUMN client TEXT NOT NULL DEFAULT '';       -- User-Agent
ALTER TABLE unknown_keys ADD COLUMN address TEXT NOT NULL DEFAULT '';      -- the latest
ALTER TABLE unknown_keys ADD COLUMN network TEXT NOT NULL DEFAULT '';      -- IPv6: its /64
ALTER TABLE unknown_keys ADD COLUMN caught INTEGER NOT NULL DEFAULT 0;     -- by the alias *

ALTER TABLE aliases ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE aliases ADD COLUMN last_used INTEGER;                          -- written now and then
ALTER TABLE aliases ADD COLUMN use_count INTEGER NOT NULL DEFAULT 0;
