-- name: insert_job(job_id, pipeline_id, input_path, input_name, input_bytes, input_sha256, options, owner, idempotency_key, fresh)^
-- DO UPDATE that changes nothing: the row comes back whether it is new or was there.
INSERT INTO jobs (
    job_id, pipeline_id, input_path, input_name, input_bytes, input_sha256, options, owner,
    idempotency_key, fresh
)
VALUES (
    :job_id, :pipeline_id, :input_path, :input_name, :input_bytes, :input_sha256, :options, :owner,
    :idempotency_key, :fresh
)
ON CONFLICT (owner, idempotency_key) WHERE idempotency_key IS NOT NULL
DO UPDATE SET idempotency_key = excluded.idempotency_key
RETURNING
    job_id, status, pipeline_id, input_path, input_bytes, input_sha256, output_path, output_bytes,
    output_sha256, error_code, error_message, created_at, updated_at, options, attempt,
    interruptions, lease_owner, lease_expires_at, owner, idempotency_key, input_name, frames_done,
    frames_expected, fresh;

-- name: get_job(job_id, owner)^
-- Columns by name, here and below: a newer schema may have more of them.
SELECT
    job_id, status, pipeline_id, input_path, input_bytes, input_sha256, output_path, output_bytes,
    output_sha256, error_code, error_message, created_at, updated_at, options, attempt,
    interruptions, lease_owner, lease_expires_at, owner, idempotency_key, input_name, frames_done,
    frames_expected, fresh
FROM jobs
WHERE job_id = :job_id
  AND owner = :owner;

-- name: count_pending(owner)$
SELECT count(*)
FROM jobs
WHERE owner = :owner
  AND status = 'pending';

-- name: get_summary(job_id)^
SELECT summary
FROM jobs
WHERE job_id = :job_id;

-- name: get_texts(job_id)
SELECT text, class_name, first_ms, last_ms, confidence, detections, frames, track_id
FROM job_texts
WHERE job_id = :job_id
ORDER BY position;

-- name: find_repeat(owner, input_sha256, provenance)^
-- One statement: a job that is deleted meanwhile is found with its texts, or not at all.
SELECT output_path, output_bytes, output_sha256, summary,
    (
        SELECT coalesce(
            jsonb_agg(
                jsonb_strip_nulls(
                    to_jsonb(job_texts) - ARRAY['job_id', 'position', 'words']
                )
                ORDER BY position
            ),
            '[]'
        )
        FROM job_texts
        WHERE job_texts.job_id = jobs.job_id
    ) AS texts
FROM jobs
WHERE status = 'completed'
  AND owner = :owner
  AND input_sha256 = :input_sha256
  AND summary -> 'provenance' = :provenance
ORDER BY created_at DESC
LIMIT 1;

-- name: claim_job(lease_owner, lease_seconds, known_options)^
UPDATE jobs
SET status = 'running',
    attempt = attempt + 1,
    lease_owner = :lease_owner,
    lease_expires_at = now() + make_interval(secs => :lease_seconds)
WHERE job_id = (
    SELECT job_id
    FROM jobs
    WHERE status = 'pending'
      AND options - :known_options::text[] = '{}'
    ORDER BY created_at, job_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING
    job_id, status, pipeline_id, input_path, input_bytes, input_sha256, output_path, output_bytes,
    output_sha256, error_code, error_message, created_at, updated_at, options, attempt,
    interruptions, lease_owner, lease_expires_at, owner, idempotency_key, input_name, frames_done,
    frames_expected, fresh;

-- name: requeue_claimed(lease_owner)!
UPDATE jobs
SET status = 'pending',
    interruptions = interruptions + 1,
    lease_owner = NULL,
    lease_expires_at = NULL
WHERE status = 'running'
  AND lease_owner = :lease_owner;

-- name: renew_lease(lease_seconds, frames_done, frames_expected, job_id, attempt, lease_owner)^
UPDATE jobs
SET lease_expires_at = now() + make_interval(secs => :lease_seconds),
    frames_done = :frames_done,
    frames_expected = :frames_expected
WHERE job_id = :job_id
  AND status = 'running'
  AND attempt = :attempt
  AND lease_owner = :lease_owner
RETURNING job_id;

-- name: held_job(job_id, attempt, lease_owner)^
SELECT job_id
FROM jobs
WHERE job_id = :job_id
  AND status = 'running'
  AND attempt = :attempt
  AND lease_owner = :lease_owner;

-- name: any_job(job_id)^
SELECT job_id
FROM jobs
WHERE job_id = :job_id;

-- name: complete_job(output_path, output_bytes, output_sha256, summary, texts, job_id, attempt, lease_owner)^
-- One statement, so the texts are there when the job is completed, and only then.
WITH completed AS (
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
    RETURNING job_id
), listed AS (
    INSERT INTO job_texts (
        job_id, position, text, class_name, first_ms, last_ms, confidence, detections, frames,
        track_id, words
    )
    SELECT job_id, place - 1, text, class_name, first_ms, last_ms, confidence, detections, frames,
        track_id, words
    FROM completed, ROWS FROM (
        jsonb_to_recordset(:texts::text::jsonb) AS (
            text text, class_name text, first_ms bigint, last_ms bigint,
            confidence double precision, detections integer, frames integer, track_id integer,
            words tsvector
        )
    ) WITH ORDINALITY AS found (
        text, class_name, first_ms, last_ms, confidence, detections, frames, track_id, words, place
    )
)
SELECT job_id
FROM completed;

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

-- name: requeue_job(interruptions, job_id, attempt, lease_owner)^
UPDATE jobs
SET status = 'pending',
    interruptions = interruptions + :interruptions,
    lease_owner = NULL,
    lease_expires_at = NULL
WHERE job_id = :job_id
  AND status = 'running'
  AND attempt = :attempt
  AND lease_owner = :lease_owner
RETURNING job_id;

-- name: expire_leases(max_attempts, error_code, error_message)
-- SKIP LOCKED shares the rows out between the processes that recover at the same time, and waits
-- for none that somebody holds.
WITH expired AS (
    SELECT job_id, attempt - interruptions >= :max_attempts AS is_last
    FROM jobs
    WHERE status = 'running'
      AND lease_expires_at < now()
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs
SET status = CASE WHEN is_last THEN 'failed' ELSE 'pending' END,
    error_code = CASE WHEN is_last THEN :error_code::text END,
    error_message = CASE WHEN is_last THEN :error_message::text END,
    lease_owner = NULL,
    lease_expires_at = NULL
FROM expired
WHERE jobs.job_id = expired.job_id
RETURNING jobs.job_id, jobs.status;

-- name: maintain_alone()$
-- Held until the transaction ends, so that it is let go behind a PgBouncer too.
SELECT pg_try_advisory_xact_lock(hashtext('forgesyte maintenance'));

-- name: get_known(job_ids)
SELECT
    job_id, status, pipeline_id, input_path, input_bytes, input_sha256, output_path, output_bytes,
    output_sha256, error_code, error_message, created_at, updated_at, options, attempt,
    interruptions, lease_owner, lease_expires_at, owner, idempotency_key, input_name, frames_done,
    frames_expected, fresh
FROM jobs
WHERE job_id = ANY(:job_ids::uuid[]);

-- name: schema_since()$
SELECT min(applied_at_utc) AT TIME ZONE 'UTC'
FROM _yoyo_migration;

-- name: remove_finished(days, limit)
-- updated_at is when a job got its last status, so of a finished one when it finished.
WITH old AS (
    SELECT job_id
    FROM jobs
    WHERE status IN ('completed', 'failed')
      AND updated_at <= now() - make_interval(days => :days)
    ORDER BY updated_at
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
DELETE FROM jobs
USING old
WHERE jobs.job_id = old.job_id
RETURNING
    jobs.job_id, status, pipeline_id, input_path, input_bytes, input_sha256, output_path,
    output_bytes, output_sha256, error_code, error_message, created_at, updated_at, options,
    attempt, interruptions, lease_owner, lease_expires_at, owner, idempotency_key, input_name,
    frames_done, frames_expected, fresh;

-- name: applied_migrations()
SELECT migration_id
FROM _yoyo_migration;
