-- The one window in which a phone with Bark's app may come, and the phone that has come,
-- until the operator confirms its number.
CREATE TABLE pairing_window (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    window_id TEXT NOT NULL,
    channel INTEGER NOT NULL REFERENCES channels (number) ON DELETE CASCADE,
    ends_at INTEGER NOT NULL,
    alias_id TEXT,                            -- of the phone's key; NULL: nobody has come
    target_id TEXT,                           -- what it becomes: columns of targets
    kind TEXT,
    name TEXT,
    sealed BLOB,
    hint TEXT,
    fingerprint BLOB,
    created_at INTEGER,
    is_told INTEGER NOT NULL DEFAULT 0,       -- the number was sent, or has failed to be
    fault TEXT,
    tries INTEGER NOT NULL DEFAULT 0          -- numbers that the operator has typed
);

-- Keys that were made by pairing, and the phone that waits for one, if any.
CREATE TABLE paired_keys (
    alias_id TEXT PRIMARY KEY REFERENCES aliases (alias_id) ON DELETE CASCADE,
    bound_to TEXT REFERENCES targets (target_id) ON DELETE SET NULL,
    target_id TEXT,                           -- of the one that waits: columns of targets
    kind TEXT,
    name TEXT,
    sealed BLOB,
    hint TEXT,
    fingerprint BLOB,
    created_at INTEGER
);
CREATE INDEX paired_keys_bound ON paired_keys (bound_to);
