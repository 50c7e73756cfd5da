-- One row that every change to channels and aliases counts up. A message is committed
-- only under the generation in which its sender was let in.
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL
);
INSERT INTO state (id, generation) VALUES (1, 1);

CREATE TABLE channels (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: messages refer to it
    channel_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,              -- argon2id
    created_at INTEGER NOT NULL               -- Unix ms, as all times here
);

CREATE TABLE aliases (
    alias_id TEXT PRIMARY KEY,
    dialect TEXT NOT NULL,
    key_digest BLOB NOT NULL,                 -- HMAC-SHA256; the key itself is nowhere
    folded_digest BLOB NOT NULL,              -- of the key in lower case (host names)
    hint TEXT NOT NULL,
    channel INTEGER NOT NULL REFERENCES channels (number) ON DELETE CASCADE,
    send_only INTEGER NOT NULL,
    require_auth INTEGER NOT NULL,
    options TEXT NOT NULL,                    -- JSON: tags, severity_map, credentials
    created_at INTEGER NOT NULL,
    UNIQUE (dialect, key_digest)
);
CREATE INDEX aliases_folded ON aliases (dialect, folded_digest);

CREATE TABLE unknown_keys (
    dialect TEXT NOT NULL,
    key_digest BLOB NOT NULL,
    hint TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    count INTEGER NOT NULL,
    sample TEXT NOT NULL,                     -- JSON: field names and lengths
    PRIMARY KEY (dialect, key_digest)
) WITHOUT ROWID;

-- The order of reading: one small clustered tree, the position being the message id
-- unless the message was scheduled. Contents stand apart, appended by row number: whole
-- messages in a WITHOUT ROWID tree would fill its inner pages and make it deep (measured
-- with a receipt beside each message: 32 against 14 microseconds a row).
CREATE TABLE positions (
    channel INTEGER NOT NULL,
    position BLOB NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (channel, position)
) WITHOUT ROWID;

-- A deleted message keeps its row, without contents, so that its id and its op_id keep
-- their meaning until retention.
CREATE TABLE messages (
    row INTEGER PRIMARY KEY,
    message_id BLOB NOT NULL,
    accepted_at INTEGER NOT NULL,
    source INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    payload BLOB NOT NULL,                    -- native fields as JSON
    view BLOB,                                -- what only the dialect knows, JSON
    receipt BLOB                              -- masked request, codes of notes, JSON
);

-- Only op_ids that a sender chose; one that the gateway derived contains its message.
CREATE TABLE operations (
    channel INTEGER NOT NULL,
    thing_id TEXT NOT NULL,                   -- '' for none
    op_id TEXT NOT NULL,
    message_id BLOB NOT NULL,
    PRIMARY KEY (channel, thing_id, op_id)
) WITHOUT ROWID;

-- Numbers below 2^53 for replies that carry one (ServerChan's pushid).
CREATE TABLE push_numbers (
    number INTEGER PRIMARY KEY,
    channel INTEGER NOT NULL,
    message_id BLOB NOT NULL
);
