-- Accounts of users at other services. `sealed` is encrypted with the key file `connections.key`.
CREATE TABLE IF NOT EXISTS connections (
    user_id TEXT NOT NULL,
    type TEXT NOT NULL,
    sealed TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    account TEXT NOT NULL,
    connected_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (user_id, type)
);

-- Sign-ins at a provider that have begun; the state itself is known to the browser only.
CREATE TABLE IF NOT EXISTS authorizations (
    state_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    type TEXT NOT NULL,
    sealed TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    return_to TEXT NOT NULL,
    prompt_id TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    is_used INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS authorizations_by_user ON authorizations (user_id, created_at);

-- Cards in conversations that ask users to connect again.
CREATE TABLE IF NOT EXISTS reconnect_cards (
    user_id TEXT NOT NULL,
    type TEXT NOT NULL,
    session_id TEXT NOT NULL,
    block_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (user_id, type)
);
