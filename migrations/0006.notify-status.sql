-- depends: 0005.names-and-progress

-- whoever waits for a job's next status is told of it, and of its removal
CREATE FUNCTION jobs_notify() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('forgesyte_jobs', OLD.job_id::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER jobs_notify_moved
    AFTER UPDATE ON jobs
    FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION jobs_notify();

CREATE TRIGGER jobs_notify_removed
    AFTER DELETE ON jobs
    FOR EACH ROW
    EXECUTE FUNCTION jobs_notify();
