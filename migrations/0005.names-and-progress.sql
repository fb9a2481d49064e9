-- depends: 0003.job-texts

ALTER TABLE jobs
    -- the submitted file's own name, for people: never a path, never the storage's
    ADD COLUMN input_name text,
    -- of a running job, as of its last heartbeat
    ADD COLUMN frames_done integer,
    ADD COLUMN frames_expected integer,
    ADD CONSTRAINT jobs_name_is_short
        CHECK (char_length(input_name) BETWEEN 1 AND 255),
    ADD CONSTRAINT jobs_frames_are_counted_while_running
        CHECK ((status = 'running' OR coalesce(frames_done, frames_expected) IS NULL)
               AND frames_done >= 0 AND frames_expected >= 0);

-- an owner's jobs in one status, newest first, page by page
CREATE INDEX jobs_listing_by_status
    ON jobs (owner, status, created_at DESC, job_id DESC);

-- a job that leaves its worker has no frames under way
CREATE OR REPLACE FUNCTION jobs_touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.updated_at := now();
    NEW.frames_done := NULL;
    NEW.frames_expected := NULL;
    RETURN NEW;
END
$$;
