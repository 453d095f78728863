-- Conversations that go on after a crash: what a turn has done already, what it asks, values kept by key.
ALTER TABLE sessions ADD COLUMN chat_name TEXT;
ALTER TABLE sessions ADD COLUMN thread_key TEXT;
ALTER TABLE sessions ADD COLUMN is_hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN is_closed INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX sessions_by_thread ON sessions (user_id, channel, coalesce(chat_name, ''), thread_key)
    WHERE thread_key IS NOT NULL;
-- Open ones that may have expired.
CREATE INDEX sessions_by_age ON sessions (updated_at) WHERE is_closed = 0 AND is_entered = 1;

ALTER TABLE turns ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
-- Attempts since the turn got any further, and how far that was (an offset of the session).
ALTER TABLE turns ADD COLUMN futile INTEGER NOT NULL DEFAULT 0;
ALTER TABLE turns ADD COLUMN reached INTEGER NOT NULL DEFAULT 0;
-- `session.data` as the first attempt found it; null once the turn has ended.
ALTER TABLE turns ADD COLUMN base_data TEXT;

-- Effects of open turns.
CREATE TABLE journal (
    turn_id TEXT NOT NULL,
    site TEXT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (turn_id, site)
) WITHOUT ROWID;

CREATE TABLE prompts (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    turn_id TEXT NOT NULL,
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    status TEXT NOT NULL,
    deadline REAL NOT NULL,
    created_at REAL NOT NULL,
    ended_at REAL,
    UNIQUE (turn_id, site)
);
CREATE INDEX prompts_open ON prompts (session_id) WHERE status = 'open';

-- Where the state of an element shown more than once lies: its first place and its newest state.
CREATE TABLE blocks (
    session_id TEXT NOT NULL,
    block_id TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (session_id, block_id)
) WITHOUT ROWID;

CREATE TABLE kept_values (
    scope TEXT NOT NULL,
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (scope, owner, key)
) WITHOUT ROWID;
