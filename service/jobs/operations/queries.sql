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

-- name: announce_worker(worker, proof, seconds)!
-- With it go those that were killed.
WITH gone AS (
    DELETE FROM workers
    WHERE expires_at < now()
      AND worker <> :worker
)
INSERT INTO workers (worker, proof, expires_at)
VALUES (:worker, :proof, now() + make_interval(secs => :seconds))
ON CONFLICT (worker)
DO UPDATE SET proof = excluded.proof, expires_at = excluded.expires_at;

-- name: retire_worker(worker)!
DELETE FROM workers
WHERE worker = :worker;

-- name: live_workers()
SELECT worker, proof
FROM workers
WHERE expires_at > now();
