-- Tickets to an inbox, as QR codes carry them: for a few minutes and one use.
CREATE TABLE tickets (
    digest BLOB PRIMARY KEY,                  -- HMAC of the ticket
    channel INTEGER NOT NULL REFERENCES channels (number) ON DELETE CASCADE,
    password_hash TEXT NOT NULL,              -- the channel's, when it was made
    ends_at INTEGER NOT NULL
) WITHOUT ROWID;
