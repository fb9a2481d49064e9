-- name: insert_job(job_id, pipeline_id, input_path, input_bytes, input_sha256, options, owner, idempotency_key)^
-- DO UPDATE that changes nothing: the row comes back whether it is new or was there.
INSERT INTO jobs (
    job_id, pipeline_id, input_path, input_bytes, input_sha256, options, owner, idempotency_key
)
VALUES (
    :job_id, :pipeline_id, :input_path, :input_bytes, :input_sha256, :options, :owner,
    :idempotency_key
)
ON CONFLICT (owner, idempotency_key) WHERE idempotency_key IS NOT NULL
DO UPDATE SET idempotency_key = excluded.idempotency_key
RETURNING *;

-- name: get_job(job_id)^
SELECT *
FROM jobs
WHERE job_id = :job_id;

-- name: mark_rung(job_ids, dispatch_nos)!
UPDATE jobs
SET dispatched_at = now()
FROM unnest(:job_ids::uuid[], :dispatch_nos::integer[]) AS rung (job_id, dispatch_no)
WHERE jobs.job_id = rung.job_id
  AND jobs.dispatch_no = rung.dispatch_no
  AND jobs.status = 'pending';

-- name: claim_job(lease_owner, lease_seconds, job_id)^
UPDATE jobs
SET status = 'running',
    attempt = attempt + 1,
    lease_owner = :lease_owner,
    lease_expires_at = now() + make_interval(secs => :lease_seconds)
WHERE job_id = :job_id
  AND status = 'pending'
RETURNING *;

-- name: renew_lease(lease_seconds, job_id, attempt, lease_owner)^
UPDATE jobs
SET lease_expires_at = now() + make_interval(secs => :lease_seconds)
WHERE job_id = :job_id
  AND status = 'running'
  AND attempt = :attempt
  AND lease_owner = :lease_owner
RETURNING job_id;

-- name: complete_job(output_path, output_bytes, output_sha256, summary, job_id, attempt, lease_owner)^
UPDATE jobs
SET status = 'completed',
    output_path = :output_path,
    output_bytes = :output_bytes,
    output_sha256 = :output_sha256,
    summary = :summary,
    lease_owner = NULL,
    lease_expires_at = NULL
WHERE job_id = :job_id
  AND status = 'running'
  AND attempt = :attempt
  AND lease_owner = :lease_owner
RETURNING job_id;

-- name: completed_by_attempt(job_id, attempt)^
SELECT job_id
FROM jobs
WHERE job_id = :job_id
  AND status = 'completed'
  AND attempt = :attempt;

-- name: fail_job(error_code, error_message, job_id, attempt, lease_owner)^
UPDATE jobs
SET status = 'failed',
    error_code = :error_code,
    error_message = :error_message,
    lease_owner = NULL,
    lease_expires_at = NULL
WHERE job_id = :job_id
  AND status = 'running'
  AND attempt = :attempt
  AND lease_owner = :lease_owner
RETURNING job_id;

-- name: hand_back_job(interruptions, job_id, attempt, lease_owner)^
UPDATE jobs
SET status = 'pending',
    interruptions = interruptions + :interruptions,
    dispatch_no = dispatch_no + 1,
    dispatched_at = NULL,
    lease_owner = NULL,
    lease_expires_at = NULL
WHERE job_id = :job_id
  AND status = 'running'
  AND attempt = :attempt
  AND lease_owner = :lease_owner
RETURNING job_id, created_at, dispatch_no;

-- name: try_recovery_lock(lock)$
-- Held to the end of the transaction, so it is safe behind a pooler.
SELECT pg_try_advisory_xact_lock(:lock);

-- name: fail_lost_jobs(error_code, error_message, max_attempts)
UPDATE jobs
SET status = 'failed',
    error_code = :error_code,
    error_message = :error_message,
    lease_owner = NULL,
    lease_expires_at = NULL
WHERE status = 'running'
  AND lease_expires_at < now()
  AND attempt - interruptions >= :max_attempts
RETURNING job_id;

-- name: hand_back_lost_jobs(max_attempts)
UPDATE jobs
SET status = 'pending',
    dispatch_no = dispatch_no + 1,
    dispatched_at = NULL,
    lease_owner = NULL,
    lease_expires_at = NULL
WHERE status = 'running'
  AND lease_expires_at < now()
  AND attempt - interruptions < :max_attempts
RETURNING job_id, created_at, dispatch_no;

-- name: tickets_to_check(rung_before_seconds, batch)
SELECT job_id, created_at, dispatch_no
FROM jobs
WHERE status = 'pending'
  AND (dispatched_at IS NULL
       OR dispatched_at < now() - make_interval(secs => :rung_before_seconds))
ORDER BY created_at, job_id
LIMIT :batch;

-- name: renumber_ticket(job_id, dispatch_no)^
UPDATE jobs
SET dispatch_no = dispatch_no + 1,
    dispatched_at = NULL
WHERE job_id = :job_id
  AND status = 'pending'
  AND dispatch_no = :dispatch_no
RETURNING job_id, created_at, dispatch_no;

-- name: applied_migrations()
SELECT migration_id
FROM _yoyo_migration;
