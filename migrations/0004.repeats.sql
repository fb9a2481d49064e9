-- depends: 0003.job-texts

-- Analyse the video even where it was analysed before.
ALTER TABLE jobs
    ADD COLUMN fresh boolean NOT NULL DEFAULT false;

-- what an owner's same bytes gave before, the newest first
CREATE INDEX jobs_repeats
    ON jobs (owner, input_sha256, created_at DESC)
    WHERE status = 'completed';
