-- name: count_unfinished()^
-- Each from an index of its own, which holds nothing else.
SELECT
    (
        SELECT count(*)
        FROM jobs
        WHERE status = 'pending'
    ) AS pending,
    (
        SELECT count(*)
        FROM jobs
        WHERE status = 'running'
    ) AS running,
    (
        SELECT count(*)
        FROM workers
        WHERE expires_at > now()
          AND role = 'worker'
    ) AS workers,
    coalesce(
        (
            SELECT extract(epoch FROM now() - created_at)::float8
            FROM jobs
            WHERE status = 'pending'
            ORDER BY created_at, job_id
            LIMIT 1
        ),
        0
    ) AS oldest_pending_seconds;

-- name: count_finished(seconds)
SELECT status, coalesce(error_code, '') AS error_code, count(*) AS jobs
FROM jobs
WHERE status IN ('completed', 'failed')
  AND updated_at > now() - make_interval(secs => :seconds)
GROUP BY status, error_code;

-- name: announce_process(process, proof, role, seconds)!
-- With it go those that were killed.
WITH gone AS (
    DELETE FROM workers
    WHERE expires_at < now()
      AND worker <> :process
)
INSERT INTO workers (worker, proof, role, expires_at)
VALUES (:process, :proof, :role, now() + make_interval(secs => :seconds))
ON CONFLICT (worker)
DO UPDATE SET proof = excluded.proof, expires_at = excluded.expires_at;

-- name: retire_process(process)!
DELETE FROM workers
WHERE worker = :process;

-- name: live_processes(role)
SELECT worker, proof
FROM workers
WHERE expires_at > now()
  AND role = :role;
