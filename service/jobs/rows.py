"""Rows of jobs as the values they stand for."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from service.jobs.model import Job, Options, Status

KNOWN_OPTIONS = [field.name for field in fields(Options)]


def job_of(row: Mapping[str, Any]) -> Job:
    """The job of a row that has a job's columns and no other."""
    values = dict(row)
    # A newer program may know more options; what it accepted with them, it claims itself.
    known = {name: values["options"][name] for name in KNOWN_OPTIONS if name in values["options"]}
    return Job(**values | {"status": Status(values["status"]), "options": Options(**known)})
