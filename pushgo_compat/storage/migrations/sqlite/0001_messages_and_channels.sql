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

-- One clustered tree in the order of reading. The position is the message id unless
-- message_id says otherwise (a message that was scheduled). Deleted messages stay as
-- rows without contents, so that their ids keep their place until retention.
CREATE TABLE messages (
    channel INTEGER NOT NULL,
    position BLOB NOT NULL,
    message_id BLOB,
    accepted_at INTEGER NOT NULL,
    source INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    payload BLOB NOT NULL,                    -- native fields as JSON
    view BLOB,                                -- what only the dialect knows, JSON
    receipt BLOB,                             -- masked request and codes of notes, JSON
    PRIMARY KEY (channel, position)
) WITHOUT ROWID;

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
