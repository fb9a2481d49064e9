-- name: list_jobs(owner, created_at, job_id, limit)
SELECT
    job_id, status, pipeline_id, input_path, input_name, input_bytes, input_sha256, output_path,
    output_bytes, output_sha256, error_code, error_message, created_at, updated_at, options,
    attempt, interruptions, lease_owner, lease_expires_at, owner, idempotency_key, frames_done,
    frames_expected
FROM jobs
WHERE owner = :owner
  AND (created_at, job_id) < (:created_at, :job_id)
ORDER BY created_at DESC, job_id DESC
LIMIT :limit;

-- name: list_jobs_in_status(owner, status, created_at, job_id, limit)
SELECT
    job_id, status, pipeline_id, input_path, input_name, input_bytes, input_sha256, output_path,
    output_bytes, output_sha256, error_code, error_message, created_at, updated_at, options,
    attempt, interruptions, lease_owner, lease_expires_at, owner, idempotency_key, frames_done,
    frames_expected
FROM jobs
WHERE owner = :owner
  AND status = :status
  AND (created_at, job_id) < (:created_at, :job_id)
ORDER BY created_at DESC, job_id DESC
LIMIT :limit;

-- name: get_detail(job_id, owner)^
SELECT
    job_id, status, pipeline_id, input_path, input_name, input_bytes, input_sha256, output_path,
    output_bytes, output_sha256, error_code, error_message, created_at, updated_at, options,
    attempt, interruptions, lease_owner, lease_expires_at, owner, idempotency_key, frames_done,
    frames_expected,
    CASE WHEN status = 'pending' THEN (
        SELECT count(*)
        FROM jobs AS before
        WHERE before.status = 'pending'
          AND (before.created_at, before.job_id) < (jobs.created_at, jobs.job_id)
    ) END AS queue_position
FROM jobs
WHERE job_id = :job_id
  AND owner = :owner;

-- name: remove_job(job_id, owner)^
DELETE FROM jobs
WHERE job_id = :job_id
  AND owner = :owner
RETURNING
    job_id, status, pipeline_id, input_path, input_name, input_bytes, input_sha256, output_path,
    output_bytes, output_sha256, error_code, error_message, created_at, updated_at, options,
    attempt, interruptions, lease_owner, lease_expires_at, owner, idempotency_key, frames_done,
    frames_expected;

-- name: adopt_jobs(owner)$
WITH adopted AS (
    UPDATE jobs
    SET owner = :owner,
        idempotency_key = CASE WHEN NOT EXISTS (
            SELECT FROM jobs AS own
            WHERE own.owner = :owner
              AND own.idempotency_key = jobs.idempotency_key
        ) THEN idempotency_key END
    WHERE owner = ''
    RETURNING job_id
)
SELECT count(*)
FROM adopted;

-- name: search_texts(query, owner, class_name, created_at, job_id, position, limit)
-- Words that are everywhere are met along the jobs, rare ones in their index: the planner chooses.
SELECT
    jobs.job_id, created_at, input_name, position, text, class_name, first_ms, last_ms, confidence
FROM job_texts
JOIN jobs ON jobs.job_id = job_texts.job_id
WHERE words @@ :query::text::tsquery
  AND owner = :owner
  AND (:class_name::text IS NULL OR class_name = :class_name)
  AND (created_at, jobs.job_id) <= (:created_at, :job_id)
  AND ((created_at, jobs.job_id) < (:created_at, :job_id) OR position > :position)
ORDER BY created_at DESC, jobs.job_id DESC, position
LIMIT :limit;
