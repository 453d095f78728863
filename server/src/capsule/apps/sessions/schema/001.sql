CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    user_email TEXT,
    channel TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    is_entered INTEGER NOT NULL DEFAULT 0,
    data TEXT NOT NULL DEFAULT '{}',
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_by_user ON sessions (user_id, channel, updated_at);

CREATE TABLE IF NOT EXISTS events (
    session_id TEXT NOT NULL,
    "offset" INTEGER NOT NULL,
    type TEXT NOT NULL,
    at REAL NOT NULL,
    turn_id TEXT,
    data TEXT NOT NULL,
    is_history INTEGER NOT NULL,
    PRIMARY KEY (session_id, "offset")
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS history ON events (session_id, "offset") WHERE is_history = 1;

CREATE TABLE IF NOT EXISTS turns (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    message_offset INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_at REAL NOT NULL,
    end_offset INTEGER,
    ended_at REAL,
    UNIQUE (session_id, client_id)
);
-- Ended turns whose deltas are still there; `ended_at` becomes null when they are removed.
CREATE INDEX IF NOT EXISTS turns_ended ON turns (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS turns_open ON turns (state) WHERE state IN ('queued', 'running');
