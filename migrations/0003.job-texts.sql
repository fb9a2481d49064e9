-- depends: 0002.claim-by-row

-- What can be read in a completed job's video: apart from its row, which every status poll reads.
CREATE TABLE job_texts (
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    -- the order of the summary, from 0
    position integer NOT NULL,
    text text NOT NULL,
    class_name text NOT NULL,
    first_ms bigint NOT NULL,
    last_ms bigint NOT NULL,
    -- the highest of all its readings
    confidence double precision NOT NULL,
    detections integer NOT NULL,
    frames integer NOT NULL,
    -- NULL: read, but not what a track was voted to say
    track_id integer,

    PRIMARY KEY (job_id, position),
    CONSTRAINT job_texts_are_bounded CHECK (position BETWEEN 0 AND 9999),
    CONSTRAINT job_texts_times_rise CHECK (first_ms BETWEEN 0 AND last_ms),
    CONSTRAINT job_texts_confidence_is_a_share CHECK (confidence BETWEEN 0 AND 1)
);

INSERT INTO job_texts
SELECT
    job_id,
    row_number() OVER (PARTITION BY job_id ORDER BY place) - 1,
    entry ->> 'text',
    entry ->> 'class_name',
    (entry ->> 'first_ms')::bigint,
    (entry ->> 'last_ms')::bigint,
    (entry ->> 'confidence')::double precision,
    (entry ->> 'detections')::integer,
    (entry ->> 'frames')::integer,
    (entry ->> 'track_id')::integer
FROM (
    SELECT
        job_id,
        entry,
        place,
        row_number() OVER (
            PARTITION BY job_id
            ORDER BY (entry ->> 'confidence')::double precision DESC, place
        ) AS rank
    FROM jobs, jsonb_array_elements(summary -> 'texts') WITH ORDINALITY AS listed (entry, place)
) AS ranked
WHERE rank <= 10000;

UPDATE jobs
SET summary = summary - 'texts'
    || jsonb_build_object('texts_truncated', jsonb_array_length(summary -> 'texts') > 10000)
WHERE summary -> 'texts' IS NOT NULL;
