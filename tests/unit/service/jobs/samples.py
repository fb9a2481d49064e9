from uuid import uuid4

from service.jobs.memory import MemoryJobs
from service.jobs.model import Job, NewJob, source_key
from service.storage.base import StoredFile

RESULTS = StoredFile("video_jobs/results.json", 7, "b" * 64)
TEXT = {
    "text": "NORTH",
    "class_name": "text",
    "first_ms": 0,
    "last_ms": 40,
    "confidence": 0.9,
    "detections": 2,
    "frames": 2,
}


def a_new_job(**changes: object) -> NewJob:
    job_id = uuid4()
    source = StoredFile(source_key(job_id), 10, "a" * 64)
    fields = {"job_id": job_id, "pipeline_id": "yolo_ocr", "source": source}
    return NewJob(**fields | changes)


async def running_job(jobs: MemoryJobs) -> Job:
    job, _ = await jobs.insert(a_new_job())
    claimed = await jobs.claim(owner="w", lease_seconds=60)
    assert claimed is not None
    assert claimed.job_id == job.job_id
    return claimed
