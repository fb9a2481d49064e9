-- depends: 0009.finished-jobs

-- the workers that are alive, and the file that each keeps in its storage: a web process that does
-- not find it has another storage
CREATE TABLE workers (
    worker text PRIMARY KEY,
    proof uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
