-- depends: 0001.create-jobs

-- A worker claims the oldest pending row: nothing has to remember which queue entry stands for it.
-- The constraint that names dispatch_no goes with the column.
ALTER TABLE jobs
    DROP COLUMN dispatched_at,
    DROP COLUMN dispatch_no,
    ADD CONSTRAINT jobs_interruptions_are_attempts
        CHECK (interruptions BETWEEN 0 AND attempt);
