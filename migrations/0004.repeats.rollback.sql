DROP INDEX jobs_repeats;

ALTER TABLE jobs
    DROP COLUMN fresh;
