-- What users upload and what apps keep for them. The bytes lie in a folder beside this database; how much of
-- an upload has come is the size of its file there.
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    session_id TEXT,
    prompt_id TEXT,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    created_at REAL NOT NULL,
    completed_at REAL
);
CREATE INDEX IF NOT EXISTS files_by_user ON files (user_id, purpose);
CREATE INDEX IF NOT EXISTS files_by_age ON files (created_at);
CREATE INDEX IF NOT EXISTS files_by_session ON files (session_id) WHERE session_id IS NOT NULL;

-- Where a file is shown. One that is shown nowhere goes after a day.
CREATE TABLE IF NOT EXISTS file_uses (
    session_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    PRIMARY KEY (session_id, file_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS file_uses_by_file ON file_uses (file_id);
