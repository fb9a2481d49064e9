ALTER TABLE jobs
    DROP CONSTRAINT jobs_interruptions_are_attempts,
    ADD COLUMN dispatched_at timestamptz,
    ADD COLUMN dispatch_no integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT jobs_counts_agree
        CHECK (interruptions BETWEEN 0 AND attempt AND dispatch_no >= 0);
