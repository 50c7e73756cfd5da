-- Old calls that left no message: those refused, the newest 2,000 of them, and those
-- that were accepted and made none (a phone's registration). A call_id begins with its
-- time, so the tree is in the order of time and is appended at its end.
CREATE TABLE calls (
    call_id TEXT PRIMARY KEY,
    source INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    reason TEXT NOT NULL,                     -- a code; '' for accepted ones
    channel INTEGER,                          -- the one that the key named, if any
    network TEXT NOT NULL,                    -- the address; IPv6: its /64
    one_in INTEGER NOT NULL,                  -- calls that it stands for, under a flood
    record BLOB NOT NULL,                     -- as a message's receipt: masked, JSON
    more BLOB NOT NULL                        -- reply, duration, names of fields, JSON
) WITHOUT ROWID;
CREATE INDEX calls_refused ON calls (call_id) WHERE refused = 1;
CREATE INDEX calls_refused_of ON calls (network, call_id) WHERE refused = 1;
CREATE INDEX calls_by_channel ON calls (channel, call_id) WHERE channel IS NOT NULL;

-- Calls an hour, exact where the calls above are sampled.
CREATE TABLE call_counts (
    hour INTEGER NOT NULL,                    -- Unix ms / 3,600,000
    source INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    lossy INTEGER NOT NULL,                   -- accepted ones that lost a field
    PRIMARY KEY (hour, source)
) WITHOUT ROWID;

ALTER TABLE aliases ADD COLUMN last_client TEXT NOT NULL DEFAULT '';
ALTER TABLE aliases ADD COLUMN last_address TEXT NOT NULL DEFAULT '';
