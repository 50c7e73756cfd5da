ALTER TABLE messages ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0; -- not for native readers
ALTER TABLE messages ADD COLUMN deliver_at INTEGER;                -- of delayed ones
ALTER TABLE messages ADD COLUMN push_number INTEGER;               -- for its receipt

-- Messages that wait for their time: no position yet, so no reader sees them.
CREATE TABLE schedule (
    deliver_at INTEGER NOT NULL,
    row INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    sequence_id TEXT,
    PRIMARY KEY (deliver_at, row)
) WITHOUT ROWID;
CREATE UNIQUE INDEX schedule_by_message ON schedule (channel, message_id);

-- Released messages stand where they became visible, not where their id says.
CREATE TABLE moved (
    channel INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    position BLOB NOT NULL,
    PRIMARY KEY (channel, message_id)
) WITHOUT ROWID;

-- Uploaded files; their bytes are in a folder, under the id.
CREATE TABLE files (
    file_id TEXT PRIMARY KEY,
    row INTEGER NOT NULL,                                          -- of the message
    channel INTEGER NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_by_channel ON files (channel, size);
