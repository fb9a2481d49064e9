UPDATE jobs
SET summary = summary - 'texts_truncated' || jsonb_build_object('texts', coalesce(
    (
        SELECT jsonb_agg(
            jsonb_strip_nulls(to_jsonb(job_texts) - 'job_id' - 'position')
            ORDER BY position
        )
        FROM job_texts
        WHERE job_texts.job_id = jobs.job_id
    ),
    '[]'
))
WHERE summary IS NOT NULL;

DROP TABLE job_texts;
