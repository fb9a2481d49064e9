-- depends: 0007.search-texts

CREATE TABLE tokens (
    -- owns the jobs that are submitted with it, and may be given to another token afterwards
    name text PRIMARY KEY,
    -- of what the client sends, which nobody keeps
    sha256 text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- to the minute
    last_used_at timestamptz,

    CONSTRAINT tokens_name_is_plain
        CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    CONSTRAINT tokens_hash_is_sha256
        CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
