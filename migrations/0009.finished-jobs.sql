-- depends: 0008.tokens

-- retention finds what finished long ago, the metrics count what became of it
CREATE INDEX jobs_finished
    ON jobs (updated_at) INCLUDE (status, error_code)
    WHERE status IN ('completed', 'failed');
