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
├── StorageError
│   ├── FileMissing
│   ├── StorageFull
│   └── TooManyFiles
├── Unavailable
│   ├── DatabaseUnavailable  a statement may have been done
│   │   └── NothingWritten  none was done
│   └── QueueUnavailable
├── DatabaseRefused          the database can never take this: repeating it is no use
├── SchemaOutdated           refuse to start, run `forgesyte migrate`
└── LeaseLost                somebody else's job now: drop everything
"""


class ServiceError(Exception):
    """The service could not do what was asked"""


class JobError(ServiceError):
    """The job cannot give that"""


class JobNotFound(JobError):
    """No such job"""


class JobNotCompleted(JobError):
    """The job has no results"""


class ResultsLost(JobError):
    """The job completed, but its stored results are gone or changed"""


class PipelineNotFound(JobError):
    """No such pipeline here"""


class IdempotencyKeyReused(JobError):
    """This Idempotency-Key was used with another video or other options"""


class UploadError(ServiceError):
    """The video cannot be accepted"""


class InvalidMp4(UploadError):
    """The bytes are not an MP4 video"""


class EmptyUpload(UploadError):
    """The upload has no bytes"""


class UploadTooLarge(UploadError):
    """The upload is larger than this service takes"""


class UploadTooSlow(UploadError):
    """The upload stalled"""


class UploadAborted(UploadError):
    """The client went away before its upload had ended"""


class BadMultipart(UploadError):
    """The form could not be read"""


class BadOption(UploadError):
    """An option has a value that cannot be used"""


class UnsupportedEncoding(UploadError):
    """The body is in an encoding this service does not read"""


class StorageError(ServiceError):
    """The storage could not do what was asked"""


class FileMissing(StorageError):
    """No such file in storage"""


class StorageFull(StorageError):
    """The storage has no room left"""


class TooManyFiles(StorageError):
    """This process, or this machine, has as many files open as it may"""


class Unavailable(ServiceError):
    """A server this service needs does not answer"""


class DatabaseUnavailable(Unavailable):
    """The database does not answer"""


class NothingWritten(DatabaseUnavailable):
    """The database could not be reached, or said that it did nothing"""


class QueueUnavailable(Unavailable):
    """The queue does not answer"""


class DatabaseRefused(ServiceError):
    """The database does not take what was to be written"""


class SchemaOutdated(ServiceError):
    """The database schema is not the one this program needs"""


class LeaseLost(ServiceError):
    """The job belongs to somebody else now"""
