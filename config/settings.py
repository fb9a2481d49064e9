"""Settings of every process: frozen, read from the environment in one place."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from config.server_url import MAX_PORT, check_scheme, check_server_url

PREFIX = "FORGESYTE_"
UNPREFIXED = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "DATABASE_URL",
        "PORT",
        "REDIS_URL",
    }
)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
SHIPPED_WEIGHTS = "shipped"
HEARTBEATS_PER_LEASE = 4
_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")

PositiveInt = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class SettingsError(Exception):
    """A setting has a value that cannot be used"""


class PipelineSettings(BaseModel):
    """What analysing a video takes, with or without servers; read as Settings is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_video_seconds: PositiveFloat = Field(4 * 3600.0, description="seconds")
    max_video_frames: PositiveInt = Field(
        4 * 3600 * 120, description="frames of a video, analysed or not"
    )
    max_frame_pixels: PositiveInt = Field(3840 * 2160, description="pixels of one frame")
    detector_weights: str = Field(
        SHIPPED_WEIGHTS, description="shipped, the path of a file, or the name of added weights"
    )
    object_weights: str = Field(
        "",
        description="a second detector for objects_and_text: a path, or the name of added weights",
    )
    detector_device: str = Field("auto", description="auto, cpu, cuda, cuda:N")
    detector_backend: Literal["auto", "openvino", "torch"] = Field(
        "auto", description="auto, openvino, torch; auto is openvino on a CPU"
    )
    reader_engine: Literal["auto", "pytesseract", "tesserocr", "rapidocr"] = Field(
        "auto",
        description="auto, pytesseract, tesserocr, rapidocr; auto is tesserocr, helped by a line "
        "reader of our own",
    )
    reader_languages: str = Field(
        "eng",
        description="Tesseract language codes joined by +, the one of a video first (deu+eng)",
    )
    reader_data: str = Field(
        "", description="folder of Tesseract's .traineddata; unset: ours, then Debian's"
    )
    cores: Annotated[int, Field(ge=0)] = Field(
        0, description="cores the pipeline may use; 0 = all that the process has"
    )
    reuse: Literal["on", "off"] = Field(
        "on", description="on, off; off searches and reads again what looks unchanged"
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment; an empty value counts as unset.

        Raises SettingsError, whose one line names the variable and what it takes.
        """
        # Not pydantic-settings: it reads the process's own environment whenever a model is made,
        # in a test too, and overlooks a misspelt name.
        _refuse_unknown(environ)
        names = {variable_of(field): field for field in cls.model_fields}
        values = {field: environ[name] for name, field in names.items() if environ.get(name)}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(_one_line(error)) from error

    @property
    def weights_path(self) -> Path | None:
        """The operator's weights, None for the shipped ones."""
        return None if self.detector_weights == SHIPPED_WEIGHTS else Path(self.detector_weights)


class Settings(PipelineSettings):
    """What an operator may set; field NAME is read from FORGESYTE_NAME (see config/example.env)."""

    database_url: str = Field(description="PostgreSQL, postgresql://user:password@host/name")
    redis_url: str = Field(description="Redis, redis://host:port/0, or rediss:// with TLS")
    redis_ssl_cert_reqs: Literal["required", "none"] = Field(
        "required",
        description="required, none; of rediss://, none takes any certificate, as Heroku's needs",
    )
    port: Annotated[int, Field(ge=1, le=MAX_PORT)] = Field(8080, description="TCP port of web")
    host: str = Field("127.0.0.1", description="address web binds; a platform sets 0.0.0.0")
    storage_url: str = Field(
        "file:///var/lib/forgesyte/storage",
        description="file:///folder (a space is %20), or s3://bucket/prefix with the extra s3",
    )
    aws_endpoint_url: str = Field(
        "", description="https:// of what s3:// is asked of; unset = Amazon's of the region"
    )
    aws_endpoint_url_s3: str = Field("", description="the same; goes before AWS_ENDPOINT_URL")
    aws_region: str = Field(
        "", description="the bucket's region; unset = AWS_DEFAULT_REGION, else us-east-1"
    )
    aws_access_key_id: str = Field(
        "",
        description="who asks; unset = whoever botocore finds: AWS_PROFILE, a web identity, the "
        "role of the container or of the machine",
    )
    aws_secret_access_key: str = Field("", description="its secret", repr=False)
    aws_session_token: str = Field("", description="what a temporary one has besides", repr=False)
    max_scratch_bytes: Annotated[int, Field(ge=0)] = Field(
        0,
        description="bytes of the largest video that a worker fetches from s3:// to its TMPDIR; "
        "0 = of the largest upload",
    )
    auth: Literal["", "required", "off"] = Field(
        "",
        description="required asks for a token, off lets in whoever reaches the port; unset = off "
        "where FORGESYTE_HOST is loopback, else required",
    )
    max_upload_bytes: PositiveInt = Field(2 * 1024**3, description="bytes")
    max_upload_seconds: PositiveFloat = Field(
        24 * 3600.0, description="seconds that an upload may be waited for in all"
    )
    min_upload_bytes_per_second: PositiveInt = Field(
        8 * 1024, description="bytes a second, over each minute that an upload is waited for"
    )
    max_uploads: PositiveInt = Field(256, description="uploads at once to one web process")
    max_uploads_per_token: PositiveInt = Field(
        32, description="uploads at once to one web process with one token"
    )
    max_pending_per_token: PositiveInt = Field(1000, description="pending jobs of one token")
    min_free_bytes: Annotated[int, Field(ge=0)] = Field(
        1024**3, description="bytes of the storage that no upload may use"
    )
    max_attempts: PositiveInt = Field(3, description="crashed attempts before a job has failed")
    repeats: Literal["on", "off"] = Field(
        "on", description="on, off; off analyses again what was analysed before in the same way"
    )
    lease_seconds: PositiveFloat = Field(
        60.0, description="seconds; heartbeat and recovery periods are a quarter of it"
    )
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        0, description="days after which a finished job and its files are deleted; 0 = never"
    )
    stall_seconds: PositiveFloat = Field(
        120.0, description="seconds without a frame, waits for a slow disk not counted"
    )
    max_memory_bytes: PositiveInt = Field(
        6 * 1024**3, description="bytes of resident memory of a pipeline process and its children"
    )
    database_direct_url: str = Field(
        "", description="PostgreSQL itself, for migrations, when DATABASE_URL is a PgBouncer"
    )
    metrics_port: Annotated[int, Field(ge=0, le=MAX_PORT)] = Field(
        0, description="TCP port of a worker's metrics; 0 = not served"
    )
    metrics_host: str = Field("127.0.0.1", description="address of a worker's metrics")
    metrics_token: str = Field(
        "",
        description="what a reader of metrics sends as bearer token; unset = none is asked for, "
        "and web shows them where AUTH is off",
    )
    log_format: Literal["", "text", "json"] = Field(
        "", description="text, json; unset = text on a terminal, else json"
    )

    @field_validator("database_url", "database_direct_url")
    @classmethod
    def _is_postgres(cls, url: str) -> str:
        check_server_url(url, schemes={"postgres", "postgresql"})
        return url

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: str) -> str:
        check_server_url(url, schemes={"redis", "rediss", "unix"})
        return url

    @field_validator("storage_url")
    @classmethod
    def _is_storage(cls, url: str) -> str:
        check_scheme(url, {"file", "s3"})
        return url

    @property
    def auth_required(self) -> bool:
        """Whether every request needs a token: asked for, or strangers reach the port."""
        return self.auth == "required" or (not self.auth and self.host not in LOOPBACK)

    @property
    def heartbeat_seconds(self) -> float:
        """Period of a heartbeat and of recovery."""
        return self.lease_seconds / HEARTBEATS_PER_LEASE

    @property
    def queue_url(self) -> str:
        """Redis, and how much of its certificate is looked at."""
        parts = urlsplit(self.redis_url)
        if parts.scheme != "rediss" or "ssl_cert_reqs" in dict(parse_qsl(parts.query)):
            return self.redis_url
        query = "&".join(filter(None, (parts.query, f"ssl_cert_reqs={self.redis_ssl_cert_reqs}")))
        return urlunsplit(parts._replace(query=query))

    @property
    def scratch_bytes(self) -> int:
        """The largest video that is fetched to this machine."""
        return self.max_scratch_bytes or self.max_upload_bytes

    @property
    def migrations_url(self) -> str:
        """The database without a pooler in front of it."""
        return self.database_direct_url or self.database_url


def variable_of(field: str) -> str:
    """The environment variable a settings field is read from."""
    name = field.upper()
    return name if name in UNPREFIXED else PREFIX + name


def shown(value: str) -> str:
    """A value as an error may show it: in one line, and without what may be a password."""
    # What lacks its scheme may be meant as a URL all the same.
    found = _SCHEME.match(value)
    scheme = found[0] if found else ""
    rest = value.removeprefix(scheme)
    before, at, address = rest.rpartition("@")
    shown = f"{scheme}…@{address}" if at else value
    if (scheme or at) and ("?" in rest or "@" in before):
        # A driver reads a password from a query too, and nobody can say where this one ends.
        shown = f"{scheme}…"
    return shown if shown.isprintable() else ascii(shown)


# What the command line reads itself; a typo in any other prefixed name must not pass unseen.
CLIENT_VARIABLES = frozenset({"FORGESYTE_URL", "FORGESYTE_TOKEN"})


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {variable_of(field) for field in Settings.model_fields}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known and name not in CLIENT_VARIABLES:
            raise SettingsError(f"{name}: no such setting; config/example.env lists them all")


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    field = str(first["loc"][0])
    if first["type"] == "missing":
        return f"{variable_of(field)}: not set; it takes {Settings.model_fields[field].description}"
    reason = first["msg"].removeprefix("Value error, ")
    return f"{variable_of(field)}={shown(first['input'])}: {reason}"
