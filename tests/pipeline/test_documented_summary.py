"""DOC-1: ENDPOINTS names every member that a summary has, and no other."""

import json
from pathlib import Path

from tests.data import videos
from tests.data.documents import members
from tests.governance.documents import documented_members, section, text_of
from tests.unit.service.web.openapi.described import (
    faults,
    met,
    named,
    response_of,
    schema_of,
)
from worker.pipeline.service import VideoFilePipelineService

# Named, not described: what is in them follows the versions of what made them.
FREE = {"options", "libraries", "decoder", "nodes"}


def test_every_member_of_a_summary_is_documented_and_no_other(
    pipeline: VideoFilePipelineService, tmp_path: Path
) -> None:
    """DOC-1"""
    video = videos.text_video(tmp_path / "video.mp4", frames=4)

    *_, last = pipeline.analyse(video, "yolo_ocr")

    summary = last.document
    provenance = {
        name: None if name in FREE else value for name, value in summary["provenance"].items()
    }
    found = members(summary | {"provenance": provenance}, "response", keyed=frozenset({"classes"}))
    documented = documented_members(section(text_of("ENDPOINTS"), "Summary"))
    found["response"] |= {"job_id", "results_sha256"}
    assert found == documented


def test_a_summary_is_as_the_public_document_describes_it(
    pipeline: VideoFilePipelineService, tmp_path: Path
) -> None:
    """DOC-1: and it has every member that is described."""
    video = videos.text_video(tmp_path / "video.mp4", frames=4)
    *_, last = pipeline.analyse(video, "yolo_ocr")
    schema = schema_of("getSummary", 200, "application/json")
    example = response_of("getSummary", 200)["content"]["application/json"]["example"]
    around = {"job_id": example["job_id"], "results_sha256": "0" * 64}
    summary = json.loads(json.dumps(last.document | around))

    assert faults(summary, schema) == []
    assert faults(example, schema) == []
    assert set(met(summary, schema)) == set(met(example, schema)) == set(named(schema))
    assert example["provenance"]["decoder"].keys() == summary["provenance"]["decoder"].keys()
    assert example["provenance"]["libraries"].keys() == summary["provenance"]["libraries"].keys()
