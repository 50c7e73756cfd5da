-- Where a channel's messages are delivered. No address, key or token stands in clear.
CREATE TABLE targets (
    target INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id TEXT NOT NULL UNIQUE,
    channel INTEGER NOT NULL REFERENCES channels (number) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    sealed BLOB NOT NULL,                     -- AES-256-GCM of the configuration
    hint TEXT NOT NULL,
    fingerprint BLOB NOT NULL,                -- HMAC of kind and address
    on_failure TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (channel, fingerprint)
);

-- Grows with every change to targets and marks; not the generation of keys, or every
-- phone that starts would turn everybody's commits stale.
ALTER TABLE state ADD COLUMN target_changes INTEGER NOT NULL DEFAULT 0;

-- One durable cursor a target into its channel's order of reading.
CREATE TABLE lanes (
    target INTEGER PRIMARY KEY REFERENCES targets (target) ON DELETE CASCADE,
    cursor BLOB NOT NULL,                     -- a position; settled up to here
    due_at INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0       -- of the message after it
);

-- How deliveries ended. Positions grow with time, so rows are appended and purged at
-- the ends of the tree.
CREATE TABLE outcomes (
    position BLOB NOT NULL,
    target INTEGER NOT NULL,
    state INTEGER NOT NULL,
    at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    reason TEXT,
    provider_id TEXT,
    PRIMARY KEY (position, target)
) WITHOUT ROWID;
CREATE INDEX outcomes_not_sent ON outcomes (at) WHERE state <> 0;

-- Single messages that an operator wants sent again, or not at all.
CREATE TABLE marks (
    target INTEGER NOT NULL REFERENCES targets (target) ON DELETE CASCADE,
    position BLOB NOT NULL,
    kind INTEGER NOT NULL,
    PRIMARY KEY (target, position)
) WITHOUT ROWID;

-- Provider tokens that must survive a restart, encrypted.
CREATE TABLE provider_tokens (
    name TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) WITHOUT ROWID;
