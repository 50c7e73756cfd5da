-- Old servers that are asked beside us for the calls of an alias, and what came of it.
-- No key stands here: each call brings it.
CREATE TABLE shadows (
    alias_id TEXT PRIMARY KEY REFERENCES aliases (alias_id) ON DELETE CASCADE,
    phase TEXT NOT NULL,                      -- 'comparing' or 'cut over'
    old_url TEXT NOT NULL,                    -- the old server's root
    connect TEXT,                             -- host or host:port to dial in its place
    timeout INTEGER NOT NULL,                 -- ms that a client waits for its answer
    delivers INTEGER NOT NULL,                -- our own targets get the messages too
    started_at INTEGER NOT NULL,
    calls INTEGER NOT NULL DEFAULT 0,
    compared INTEGER NOT NULL DEFAULT 0,      -- both have answered
    differ INTEGER NOT NULL DEFAULT 0,
    client_visible INTEGER NOT NULL DEFAULT 0,
    old_failed INTEGER NOT NULL DEFAULT 0,
    ours_failed INTEGER NOT NULL DEFAULT 0,
    first_call INTEGER,
    last_call INTEGER
);

-- The newest calls that were compared.
CREATE TABLE shadow_calls (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    alias_id TEXT NOT NULL REFERENCES shadows (alias_id) ON DELETE CASCADE,
    old_ms INTEGER NOT NULL,
    ours_ms INTEGER NOT NULL,
    client_visible INTEGER NOT NULL
);
CREATE INDEX shadow_calls_of ON shadow_calls (alias_id, row);

-- Which client has used which route, and since when.
CREATE TABLE shadow_seen (
    alias_id TEXT NOT NULL REFERENCES shadows (alias_id) ON DELETE CASCADE,
    route TEXT NOT NULL,
    client TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    PRIMARY KEY (alias_id, route, client)
) WITHOUT ROWID;

-- Differences by kind; the answers are the latest example, masked, JSON.
CREATE TABLE shadow_differences (
    alias_id TEXT NOT NULL REFERENCES shadows (alias_id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    route TEXT NOT NULL,
    client TEXT NOT NULL,
    count INTEGER NOT NULL,
    old TEXT NOT NULL,
    ours TEXT NOT NULL,
    PRIMARY KEY (alias_id, kind, route, client)
) WITHOUT ROWID;

-- What the old server gave out and clients ask for later: HMAC of a number or a file.
CREATE TABLE shadow_given (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    alias_id TEXT NOT NULL REFERENCES shadows (alias_id) ON DELETE CASCADE,
    digest BLOB NOT NULL
);
CREATE INDEX shadow_given_of ON shadow_given (alias_id, row);
CREATE INDEX shadow_given_digest ON shadow_given (digest);

-- The old server has rung for this message: no target gets it.
ALTER TABLE messages ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
