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
