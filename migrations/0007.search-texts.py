"""What texts are searched by: written with each text, and here for those that are there."""

from typing import Any

from yoyo import step

from service.jobs.catalog.words import tsvector_of

__depends__ = {"0006.notify-status"}

TEXTS = "SELECT job_id, position, text FROM job_texts"
WRITE = "UPDATE job_texts SET words = %s::tsvector WHERE job_id = %s AND position = %s"
TEXTS_AT_ONCE = 10_000


def write_words(connection: Any) -> None:
    """Write the words of every text there is."""
    cursor, writing = connection.cursor(), connection.cursor()
    cursor.execute(TEXTS)
    while some := cursor.fetchmany(TEXTS_AT_ONCE):
        writing.executemany(
            WRITE, [(tsvector_of(text), job_id, position) for job_id, position, text in some]
        )


steps = [
    step(
        "ALTER TABLE job_texts ADD COLUMN words tsvector NOT NULL DEFAULT ''",
        "ALTER TABLE job_texts DROP COLUMN words",
    ),
    step(write_words),
    step(
        "CREATE INDEX job_texts_words ON job_texts USING gin (words)",
        "DROP INDEX job_texts_words",
    ),
]
