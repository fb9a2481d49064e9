"""What can go wrong, without a word about HTTP.

ServiceError
├── JobError                 the caller asked for something that cannot be had
│   ├── JobNotFound
│   ├── JobNotCompleted
│   ├── ResultsLost
│   ├── PipelineNotFound
│   └── IdempotencyKeyReused
├── UploadError              the video cannot be accepted
│   ├── InvalidMp4, EmptyUpload, UploadTooLarge, UploadTooSlow, UploadAborted,
│   └── BadMultipart, BadOption, UnsupportedEncoding
├── AccessError              who asks may not, or not now
│   ├── Unauthorized, CrossOrigin, TooManyRequests
│   └── TokenRefused         only an operator meets it
├── StorageError
│   ├── FileMissing
│   ├── StorageFull
│   │   ├── TooLittleRoom    by the operator's own limit
│   │   └── StorageNotWritable
│   ├── StorageNotShared     only a worker meets it
│   ├── StorageUnavailable   nobody knows what it holds; asking again later may help
│   └── TooManyFiles
├── Unavailable
│   ├── DatabaseUnavailable  a statement may have been done
│   │   └── NothingWritten  none was done
│   └── QueueUnavailable
├── DatabaseRefused          the database can never take this: repeating it is no use
├── SchemaOutdated           refuse to start, run `forgesyte migrate`
└── LeaseLost                another worker's job now: write nothing more
"""

import uuid
from typing import Self


class ServiceError(Exception):
    """The service could not do what was asked"""


class JobError(ServiceError):
    """The job cannot give that"""


class JobNotFound(JobError):
    """No such job"""

    @classmethod
    def by_id(cls, job_id: uuid.UUID) -> Self:
        """Says why there may be none: it is all that is known of an id without a row."""
        return cls(
            f"there is no job {job_id}, or it is another's: it was never accepted here, or was "
            "deleted, by somebody or because jobs are kept only so long here"
        )


class JobNotCompleted(JobError):
    """The job is not completed"""


class ResultsLost(JobError):
    """The job completed, but its stored results are missing or were changed"""


class PipelineNotFound(JobError):
    """No such pipeline"""


class IdempotencyKeyReused(JobError):
    """This Idempotency-Key was used with another video or other options"""


class UploadError(ServiceError):
    """The video cannot be accepted"""


class InvalidMp4(UploadError):
    """The bytes are not an MP4 video"""


class EmptyUpload(UploadError):
    """The upload is empty"""


class UploadTooLarge(UploadError):
    """The upload is too large"""


class UploadTooSlow(UploadError):
    """The upload is too slow"""


class UploadAborted(UploadError):
    """The client closed the connection during its upload"""


class BadMultipart(UploadError):
    """The form could not be read"""


class BadOption(UploadError):
    """An option cannot be used"""


class UnsupportedEncoding(UploadError):
    """The body has an encoding this service does not support"""


class AccessError(ServiceError):
    """Who asks may not have that"""


class Unauthorized(AccessError):
    """A token is needed"""


class CrossOrigin(AccessError):
    """The request was sent by another site's page"""


class TooManyRequests(AccessError):
    """Too many requests"""


class TokenRefused(AccessError):
    """The token cannot be made, or is not there"""


class StorageError(ServiceError):
    """The storage could not do what was asked"""


class FileMissing(StorageError):
    """No such file in storage"""


class StorageFull(StorageError):
    """The storage is full"""


class TooLittleRoom(StorageFull):
    """What is to be kept free of the storage would be used"""


class StorageNotWritable(StorageFull):
    """The storage cannot be written to"""


class StorageNotShared(StorageError):
    """The storage is not the one in which web keeps its files"""


class StorageUnavailable(StorageError):
    """The storage is unavailable"""


class TooManyFiles(StorageError):
    """This process, or this machine, has too many open files"""


class Unavailable(ServiceError):
    """A server this service needs is unavailable"""


class DatabaseUnavailable(Unavailable):
    """The database is unavailable"""


class NothingWritten(DatabaseUnavailable):
    """The database could not be reached, or said that it did nothing"""


class QueueUnavailable(Unavailable):
    """The queue is unavailable"""


class DatabaseRefused(ServiceError):
    """The database does not take what was to be written"""


class SchemaOutdated(ServiceError):
    """The database schema is not the one this program needs"""


class LeaseLost(ServiceError):
    """The job belongs to another worker now"""
