-- depends:

CREATE TABLE jobs (
    job_id uuid PRIMARY KEY,
    status text NOT NULL DEFAULT 'pending',
    pipeline_id text NOT NULL,
    input_path text NOT NULL,
    output_path text,
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),

    options jsonb NOT NULL DEFAULT '{}',
    -- only grows; with lease_owner it fences every write of a worker
    attempt integer NOT NULL DEFAULT 0,
    -- attempts a deploy ended; they do not count as crashes
    interruptions integer NOT NULL DEFAULT 0,
    lease_owner text,
    lease_expires_at timestamptz,
    -- when the job was last known to be enqueued; NULL: never
    dispatched_at timestamptz,
    -- how often it was enqueued; part of the queue's entry id
    dispatch_no integer NOT NULL DEFAULT 0,
    -- whose job it is; empty without tokens
    owner text NOT NULL DEFAULT '',
    idempotency_key text,
    input_bytes bigint NOT NULL,
    input_sha256 text NOT NULL,
    output_bytes bigint,
    output_sha256 text,
    error_code text,
    -- video, classes, texts and provenance of a completed job: beside the results, never in them
    summary jsonb,

    CONSTRAINT jobs_status_is_known
        CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    CONSTRAINT jobs_leased_while_running
        CHECK ((status = 'running') = (lease_owner IS NOT NULL)
               AND (lease_owner IS NULL) = (lease_expires_at IS NULL)),
    CONSTRAINT jobs_results_when_completed
        CHECK ((status = 'completed') = (output_path IS NOT NULL)
               AND (output_path IS NULL) = (output_sha256 IS NULL)
               AND (output_path IS NULL) = (output_bytes IS NULL)
               AND (output_path IS NULL) = (summary IS NULL)),
    CONSTRAINT jobs_error_when_failed
        CHECK ((status = 'failed') = (error_code IS NOT NULL)
               AND (error_code IS NULL) = (error_message IS NULL)),
    CONSTRAINT jobs_attempted_unless_pending
        CHECK (status = 'pending' OR attempt > 0),
    CONSTRAINT jobs_counts_agree
        CHECK (interruptions BETWEEN 0 AND attempt AND dispatch_no >= 0),
    CONSTRAINT jobs_sizes_are_positive
        CHECK (input_bytes > 0 AND output_bytes > 0),
    CONSTRAINT jobs_hashes_are_sha256
        CHECK (input_sha256 ~ '^[0-9a-f]{64}$' AND output_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT jobs_json_is_an_object
        CHECK (jsonb_typeof(options) = 'object' AND jsonb_typeof(summary) = 'object'),
    CONSTRAINT jobs_key_is_not_empty
        CHECK (idempotency_key <> '')
);

-- a submission sent twice meets itself here, so an uncertain commit is safe to repeat
CREATE UNIQUE INDEX jobs_idempotency_key
    ON jobs (owner, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- recovery enqueues pending jobs, oldest first; finished and running jobs are not in it
CREATE INDEX jobs_pending
    ON jobs (created_at, job_id)
    WHERE status = 'pending';

-- recovery finds expired leases
CREATE INDEX jobs_leases
    ON jobs (lease_expires_at)
    WHERE status = 'running';

-- an owner's jobs, newest first, page by page
CREATE INDEX jobs_listing
    ON jobs (owner, created_at DESC, job_id DESC);

-- updated_at changes when a client would see a change: a heartbeat or an enqueue is none
CREATE FUNCTION jobs_touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE TRIGGER jobs_touch
    BEFORE UPDATE ON jobs
    FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION jobs_touch();
