CREATE OR REPLACE FUNCTION jobs_touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

DROP INDEX jobs_listing_by_status;

ALTER TABLE jobs
    DROP CONSTRAINT jobs_name_is_short,
    DROP CONSTRAINT jobs_frames_are_counted_while_running,
    DROP COLUMN input_name,
    DROP COLUMN frames_done,
    DROP COLUMN frames_expected;
