-- What every commit of messages writes: one row, whose lock gives positions their order
-- over all processes. A message is committed only under the generation in which its
-- sender was let in. Half-empty pages let PostgreSQL replace the row in place.
CREATE TABLE state (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    generation bigint NOT NULL DEFAULT 1,     -- grows with changes to channels and aliases
    last_ms bigint NOT NULL DEFAULT 0,        -- Unix ms of the latest position
    last_count integer NOT NULL DEFAULT 0,    -- its counter within the millisecond
    last_push_number bigint NOT NULL DEFAULT 9999999,
    commits bigint NOT NULL DEFAULT 0,        -- that made messages visible
    listened_until bigint NOT NULL DEFAULT 0  -- Unix ms; some process listens till then
) WITH (fillfactor = 50);
INSERT INTO state DEFAULT VALUES;

CREATE TABLE store (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    store_id text NOT NULL,                   -- 16 hex digits, told from every other
    oldest_program integer NOT NULL DEFAULT 1, -- that may still write these tables
    secret_fingerprint bytea,                 -- set once, by the first
    admin_token_hash text,                    -- argon2id
    target_changes bigint NOT NULL DEFAULT 0, -- grows with changes to targets and marks
    probe bigint NOT NULL DEFAULT 0           -- counted up by /readyz
);
INSERT INTO store (store_id) VALUES (left(md5(gen_random_uuid()::text), 16));

CREATE TABLE channels (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- never used again
    channel_id text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,              -- argon2id
    created_at bigint NOT NULL,               -- Unix ms, as all times here
    -- Of a topic of UnifiedPush: the channel that has vouched for it and takes it along.
    voucher integer REFERENCES channels (number) ON DELETE CASCADE,
    subscribed_at bigint                      -- last, about; only of those
);
CREATE INDEX channels_vouched ON channels (voucher) WHERE voucher IS NOT NULL;

CREATE TABLE aliases (
    alias_id text COLLATE "C" PRIMARY KEY,
    dialect text NOT NULL,
    key_digest bytea NOT NULL,                -- HMAC-SHA256; the key itself is nowhere
    folded_digest bytea NOT NULL,             -- of the key in lower case (host names)
    hint text NOT NULL,
    channel integer NOT NULL REFERENCES channels (number) ON DELETE CASCADE,
    send_only boolean NOT NULL,
    require_auth boolean NOT NULL,
    options jsonb NOT NULL,                   -- tags, severity_map, credentials
    created_at bigint NOT NULL,
    note text NOT NULL,
    last_used bigint,                         -- written now and then
    use_count bigint NOT NULL DEFAULT 0,
    last_client text NOT NULL DEFAULT '',
    last_address text NOT NULL DEFAULT '',
    UNIQUE (dialect, key_digest)
);
CREATE INDEX aliases_folded ON aliases (dialect, folded_digest);
CREATE INDEX aliases_channel ON aliases (channel);
CREATE INDEX aliases_logins ON aliases USING gin ((options -> 'credentials'));

CREATE TABLE unknown_keys (
    dialect text NOT NULL,
    key_digest bytea NOT NULL,
    folded_digest bytea NOT NULL,
    key_length integer NOT NULL,              -- characters
    hint text NOT NULL,
    first_seen bigint NOT NULL,
    last_seen bigint NOT NULL,
    count bigint NOT NULL,
    client text NOT NULL,                     -- User-Agent
    address text NOT NULL,
    network text NOT NULL,                    -- IPv6: its /64
    sample text NOT NULL,                     -- JSON: field names and lengths
    caught boolean NOT NULL,                  -- by the alias *
    PRIMARY KEY (dialect, key_digest)
);

-- Tokens that an ntfy login got. They open what the login opens, and end with it.
CREATE TABLE account_tokens (
    token_id text COLLATE "C" PRIMARY KEY,
    place bigint GENERATED ALWAYS AS IDENTITY, -- tells the order of one millisecond
    dialect text NOT NULL,
    digest bytea NOT NULL,                    -- HMAC of the token
    channel integer REFERENCES channels (number) ON DELETE CASCADE, -- of the password
    credential bytea,                         -- or digest of a login bound to aliases
    login text NOT NULL,                      -- its user name
    label text NOT NULL,
    created_at bigint NOT NULL,
    last_used bigint NOT NULL,                -- written now and then
    ends_at bigint,                           -- NULL: never
    UNIQUE (dialect, digest)
);
CREATE INDEX account_tokens_channel ON account_tokens (channel);
CREATE INDEX account_tokens_credential ON account_tokens (credential);

-- Old servers that are asked beside us for the calls of an alias, and what came of it.
-- No key stands here: each call brings it.
CREATE TABLE shadows (
    alias_id text COLLATE "C" PRIMARY KEY
        REFERENCES aliases (alias_id) ON DELETE CASCADE,
    phase text NOT NULL,                      -- 'comparing' or 'cut over'
    old_url text NOT NULL,                    -- the old server's root
    connect text,                             -- host or host:port to dial in its place
    timeout integer NOT NULL,                 -- ms that a client waits for its answer
    delivers boolean NOT NULL,                -- our own targets get the messages too
    started_at bigint NOT NULL,
    calls bigint NOT NULL DEFAULT 0,
    compared bigint NOT NULL DEFAULT 0,       -- both have answered
    differ bigint NOT NULL DEFAULT 0,
    client_visible bigint NOT NULL DEFAULT 0,
    old_failed bigint NOT NULL DEFAULT 0,
    ours_failed bigint NOT NULL DEFAULT 0,
    first_call bigint,
    last_call bigint
);

-- The newest calls that were compared.
CREATE TABLE shadow_calls (
    row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alias_id text COLLATE "C" NOT NULL
        REFERENCES shadows (alias_id) ON DELETE CASCADE,
    old_ms integer NOT NULL,
    ours_ms integer NOT NULL,
    client_visible boolean NOT NULL
);
CREATE INDEX shadow_calls_of ON shadow_calls (alias_id, row);

-- Which client has used which route, and since when.
CREATE TABLE shadow_seen (
    alias_id text COLLATE "C" NOT NULL
        REFERENCES shadows (alias_id) ON DELETE CASCADE,
    route text NOT NULL,
    client text NOT NULL,
    first_at bigint NOT NULL,
    PRIMARY KEY (alias_id, route, client)
);

-- Differences by kind; the answers are the latest example, masked, JSON.
CREATE TABLE shadow_differences (
    alias_id text COLLATE "C" NOT NULL
        REFERENCES shadows (alias_id) ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL,
    route text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    old text NOT NULL,
    ours text NOT NULL,
    PRIMARY KEY (alias_id, kind, route, client)
);

-- What the old server gave out and clients ask for later: HMAC of a number or a file.
CREATE TABLE shadow_given (
    row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alias_id text COLLATE "C" NOT NULL
        REFERENCES shadows (alias_id) ON DELETE CASCADE,
    digest bytea NOT NULL
);
CREATE INDEX shadow_given_of ON shadow_given (alias_id, row);
CREATE INDEX shadow_given_digest ON shadow_given (digest);

-- Tickets to an inbox, as QR codes carry them: for a few minutes and one use.
CREATE TABLE tickets (
    digest bytea PRIMARY KEY,                 -- HMAC of the ticket
    channel integer NOT NULL REFERENCES channels (number) ON DELETE CASCADE,
    password_hash text NOT NULL,              -- the channel's, when it was made
    ends_at bigint NOT NULL
);
CREATE INDEX tickets_channel ON tickets (channel);

-- Ids grow from commit to commit. The position is the id, unless the message was
-- scheduled; one that still waits for its time has none. A deleted message keeps its
-- row, without contents, so that its id and its op_id keep their meaning until retention.
CREATE TABLE messages (
    message_id bytea PRIMARY KEY,             -- 16 bytes
    channel integer NOT NULL,
    position bytea,                           -- 16 bytes
    accepted_at bigint NOT NULL,
    source smallint NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    hidden boolean NOT NULL,                  -- not for native readers
    held boolean NOT NULL DEFAULT false,      -- no target gets it: the old server rang
    payload bytea NOT NULL,                   -- native fields as JSON
    view bytea,                               -- what only the dialect knows, JSON
    receipt bytea,                            -- masked request, codes of notes, JSON
    deliver_at bigint,                        -- of delayed ones
    sequence_id bytea,                        -- UTF-8; by which one that waits is cancelled
    push_number bigint,                       -- below 2^53, for replies that carry one
    via text                                  -- stores that it came through
);
CREATE UNIQUE INDEX messages_in_order ON messages (channel, position);
CREATE INDEX messages_waiting ON messages (deliver_at, message_id)
    WHERE position IS NULL;
CREATE UNIQUE INDEX messages_numbered ON messages (push_number)
    WHERE push_number IS NOT NULL;

-- Only op_ids that a sender chose; one that the gateway derived contains its message.
-- UTF-8 bytes, as a sender's text may hold what PostgreSQL's text cannot.
CREATE TABLE operations (
    channel integer NOT NULL,
    thing_id bytea NOT NULL,                  -- '' for none
    op_id bytea NOT NULL,
    message_id bytea NOT NULL,
    PRIMARY KEY (channel, thing_id, op_id)
);

-- Uploaded files; their bytes are in a folder that all instances share.
CREATE TABLE files (
    file_id text COLLATE "C" PRIMARY KEY,
    message_id bytea NOT NULL,
    channel integer NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX files_by_channel ON files (channel, size);
CREATE INDEX files_by_end ON files (expires_at);

-- Where a channel's messages are delivered. No address, key or token stands in clear.
CREATE TABLE targets (
    target integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_id text NOT NULL UNIQUE,
    channel integer NOT NULL REFERENCES channels (number) ON DELETE CASCADE,
    kind text NOT NULL,
    name text NOT NULL,
    origin text NOT NULL,
    state text NOT NULL,
    reason text,
    sealed bytea NOT NULL,                    -- AES-256-GCM of the configuration
    hint text NOT NULL,
    fingerprint bytea NOT NULL,               -- HMAC of kind and address
    on_failure text,
    created_at bigint NOT NULL,
    UNIQUE (channel, fingerprint)
);

-- One durable cursor a target into its channel's order of reading.
CREATE TABLE lanes (
    target integer PRIMARY KEY REFERENCES targets (target) ON DELETE CASCADE,
    cursor bytea NOT NULL,                    -- a position; settled up to here
    due_at bigint NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0       -- of the message after it
) WITH (fillfactor = 70);

-- How deliveries ended.
CREATE TABLE outcomes (
    position bytea NOT NULL,
    target integer NOT NULL,
    state smallint NOT NULL,
    at bigint NOT NULL,
    attempts integer NOT NULL,
    reason text,
    provider_id text,
    PRIMARY KEY (position, target)
);
CREATE INDEX outcomes_not_sent ON outcomes (at) WHERE state <> 0;

-- Single messages that an operator wants sent again, or not at all.
CREATE TABLE marks (
    target integer NOT NULL REFERENCES targets (target) ON DELETE CASCADE,
    position bytea NOT NULL,
    kind smallint NOT NULL,
    PRIMARY KEY (target, position)
);

-- Provider tokens that must survive a restart, encrypted.
CREATE TABLE provider_tokens (
    name text PRIMARY KEY,
    sealed bytea NOT NULL
);

-- The right to deliver from this store: one process has it at a time, by the clock of
-- the database. Settlements of any other are refused.
CREATE TABLE leases (
    name text PRIMARY KEY,
    owner text NOT NULL,
    ends_at timestamptz NOT NULL
);

-- The one window in which a phone with Bark's app may come, and the phone that has come,
-- until the operator confirms its number.
CREATE TABLE pairing_window (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    window_id text NOT NULL,
    channel integer NOT NULL REFERENCES channels (number) ON DELETE CASCADE,
    ends_at bigint NOT NULL,
    alias_id text,                            -- of the phone's key; NULL: nobody has come
    target_id text,                           -- what it becomes: columns of targets
    kind text,
    name text,
    sealed bytea,
    hint text,
    fingerprint bytea,
    created_at bigint,
    is_told boolean NOT NULL DEFAULT false,   -- the number was sent, or has failed to be
    fault text,
    tries integer NOT NULL DEFAULT 0          -- numbers that the operator has typed
);

-- Keys that were made by pairing, and the phone that waits for one, if any.
CREATE TABLE paired_keys (
    alias_id text COLLATE "C" PRIMARY KEY
        REFERENCES aliases (alias_id) ON DELETE CASCADE,
    bound_to text REFERENCES targets (target_id) ON DELETE SET NULL,
    target_id text,                           -- of the one that waits: columns of targets
    kind text,
    name text,
    sealed bytea,
    hint text,
    fingerprint bytea,
    created_at bigint
);
CREATE INDEX paired_keys_bound ON paired_keys (bound_to);

-- Old calls that left no message: those refused, the newest 2,000 of them, and those
-- that were accepted and made none. A call_id begins with its time.
CREATE TABLE calls (
    call_id text COLLATE "C" PRIMARY KEY,
    source smallint NOT NULL,
    refused boolean NOT NULL,
    reason text NOT NULL,                     -- a code; '' for accepted ones
    channel integer,                          -- the one that the key named, if any
    network text NOT NULL,                    -- the address; IPv6: its /64
    one_in integer NOT NULL,                  -- calls that it stands for, under a flood
    record bytea NOT NULL,                    -- as a message's receipt: masked, JSON
    more bytea NOT NULL                       -- reply, duration, names of fields, JSON
);
CREATE INDEX calls_refused ON calls (call_id) WHERE refused;
CREATE INDEX calls_refused_of ON calls (network, call_id) WHERE refused;
CREATE INDEX calls_by_channel ON calls (channel, call_id) WHERE channel IS NOT NULL;

-- Calls an hour, exact where the calls above are sampled.
CREATE TABLE call_counts (
    hour integer NOT NULL,                    -- Unix ms / 3,600,000
    source smallint NOT NULL,
    accepted bigint NOT NULL,
    refused bigint NOT NULL,
    lossy bigint NOT NULL,                    -- accepted ones that lost a field
    PRIMARY KEY (hour, source)
);
