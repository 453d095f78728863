-- The app's own users. An account that began as an anonymous visitor goes on under the visitor's id.
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT UNIQUE COLLATE NOCASE,
    password_hash TEXT,
    -- Whether the mailbox has been proven to be theirs.
    is_verified INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL,
    signed_in_at REAL,
    -- Cookies carry it; raising it ends every sign-in.
    generation INTEGER NOT NULL DEFAULT 1
);

-- Who somebody is at an OpenID provider; `provider` is the issuer, since names may be given anew.
CREATE TABLE identities (
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at REAL NOT NULL,
    PRIMARY KEY (provider, subject)
) WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user_id);

-- With a password hash: a sign-up that waits for its mailbox to be proven.
CREATE TABLE magic_links (
    token_hash TEXT PRIMARY KEY,
    email TEXT NOT NULL COLLATE NOCASE,
    password_hash TEXT,
    visitor_id TEXT NOT NULL,
    return_to TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    used_at REAL
) WITHOUT ROWID;
CREATE INDEX magic_links_by_age ON magic_links (expires_at);

CREATE TABLE oidc_attempts (
    state_hash TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    return_to TEXT NOT NULL,
    visitor_id TEXT NOT NULL,
    expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX oidc_attempts_by_age ON oidc_attempts (expires_at);

-- Visitors who signed in while one of their turns was open: the rest of their threads follows.
CREATE TABLE visitor_moves (
    visitor_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL
) WITHOUT ROWID;
