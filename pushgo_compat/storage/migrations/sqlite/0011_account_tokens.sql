-- Tokens that an ntfy login got. They open what the login opens, and end with it.
CREATE TABLE account_tokens (
    token_id TEXT PRIMARY KEY,
    dialect TEXT NOT NULL,
    digest BLOB NOT NULL,                     -- HMAC of the token
    channel INTEGER REFERENCES channels (number) ON DELETE CASCADE, -- of the password
    credential BLOB,                          -- or digest of a login bound to aliases
    login TEXT NOT NULL,                      -- its user name
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used INTEGER NOT NULL,               -- written now and then
    ends_at INTEGER,                          -- NULL: never
    UNIQUE (dialect, digest)
);
CREATE INDEX account_tokens_channel ON account_tokens (channel);
CREATE INDEX account_tokens_credential ON account_tokens (credential);
