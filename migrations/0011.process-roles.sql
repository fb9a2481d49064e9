-- depends: 0010.workers

-- web processes keep a file in their storage too: a worker that does not find it has another storage,
-- and claims nothing
ALTER TABLE workers
    ADD COLUMN role text NOT NULL DEFAULT 'worker' CHECK (role IN ('web', 'worker'));
