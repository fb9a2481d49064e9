import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.settings import Settings
from service.__main__ import SHUTDOWN_SECONDS
from service.launcher.server_process import free_port
from tests.deploy.files import (
    DEPLOY,
    command_of,
    compose,
    health_check_of,
    procfile,
    stages,
    variables_of,
)
from tests.system.harness import OPENER, READY_SECONDS
from tests.waiting import wait_until
from worker.main import LAST_SECONDS, Shutdown

OURS = ["migrate", "web", "worker"]
# Of the Compose Specification; another name would be passed over, or refused.
KEYS = {
    "build", "cap_drop", "command", "depends_on", "env_file", "environment", "healthcheck", "image",
    "init", "ports", "restart", "security_opt", "shm_size", "stop_grace_period", "volumes",
}  # fmt: skip
PASSWORD = {"POSTGRES_PASSWORD": "secret"}


@pytest.fixture
def services() -> dict[str, Any]:
    return dict(compose(**PASSWORD)["services"])


def environ_of(service: Mapping[str, Any]) -> dict[str, str]:
    """What a container of it has: its image's variables, and over them the service's own."""
    return variables_of(service["build"]["target"]) | service["environment"]


def here(words: list[str]) -> list[str]:
    """A container's command with the programs of this environment."""
    return [str(Path(sys.executable).with_name(words[0])), *words[1:]]


def test_every_key_is_one_of_a_service(services: dict[str, Any]) -> None:
    assert {key for service in services.values() for key in service} <= KEYS


def test_what_a_service_waits_for_is_there(services: dict[str, Any]) -> None:
    awaited = [
        (other, each["condition"])
        for service in services.values()
        for other, each in service.get("depends_on", {}).items()
    ]

    assert set(awaited) == {
        ("postgres", "service_healthy"),
        ("migrate", "service_completed_successfully"),
        ("redis", "service_started"),
    }
    assert "healthcheck" in services["postgres"]
    assert {other for other, _ in awaited} <= services.keys()


def test_every_volume_is_declared_and_the_default_storage_lies_in_the_shared_one(
    services: dict[str, Any],
) -> None:
    mounted = [
        volume.split(":") for each in services.values() for volume in each.get("volumes", [])
    ]
    storage = Path(urlsplit(Settings.model_fields["storage_url"].default).path)

    assert {name for name, _ in mounted} == compose()["volumes"].keys()
    assert {
        storage.is_relative_to(services[name]["volumes"][0].split(":")[1]) for name in OURS
    } == {True}
    assert len({tuple(services[name]["volumes"]) for name in OURS}) == 1


@pytest.mark.parametrize("name", OURS)
def test_what_is_built_is_a_target_of_the_containerfile(
    services: dict[str, Any], name: str
) -> None:
    build = services[name]["build"]
    context = (DEPLOY / build["context"]).resolve()

    assert context / build["dockerfile"] == DEPLOY / "Containerfile"
    assert build["target"] in stages()
    assert services[name]["image"] == f"forgesyte-{build['target']}"


@pytest.mark.parametrize("name", OURS)
def test_its_variables_are_settings_that_name_the_other_services(
    services: dict[str, Any], name: str
) -> None:
    environ = environ_of(services[name])

    settings = Settings.from_env(environ)

    assert urlsplit(settings.database_url).hostname in services
    assert urlsplit(settings.redis_url).hostname in services
    assert urlsplit(settings.database_url).password == PASSWORD["POSTGRES_PASSWORD"]
    assert services["postgres"]["environment"].items() >= PASSWORD.items()
    assert urlsplit(settings.database_url).username == "forgesyte"
    assert services["postgres"]["environment"]["POSTGRES_USER"] == "forgesyte"


def test_without_a_password_it_says_what_to_set(services: dict[str, Any]) -> None:
    address = compose()["services"]["web"]["environment"]["DATABASE_URL"]

    assert re.search(r"\$\{POSTGRES_PASSWORD:\?.+\}", address)


def test_web_is_published_on_loopback_alone_and_asks_for_a_token(services: dict[str, Any]) -> None:
    (published,) = services["web"]["ports"]
    settings = Settings.from_env(environ_of(services["web"]))

    assert published == f"127.0.0.1:8080:{settings.port}"
    assert settings.auth_required
    assert stages()["web"].all("EXPOSE") == [str(settings.port)]
    assert [name for name in services if "ports" in services[name]] == ["web"]


def test_what_is_stopped_has_time_to_end(services: dict[str, Any]) -> None:
    shutdown = Shutdown()
    seconds = {
        name: int(services[name]["stop_grace_period"].removesuffix("s"))
        for name in ("web", "worker")
    }

    assert seconds["web"] > SHUTDOWN_SECONDS
    assert seconds["worker"] > shutdown.exit_seconds + LAST_SECONDS


def test_the_schema_comes_before_both_and_is_made_once(services: dict[str, Any]) -> None:
    assert " ".join(services["migrate"]["command"]) == procfile()["release"]
    assert services["migrate"]["restart"] == "no"
    assert [name for name in services if "migrate" in services[name].get("depends_on", {})] == [
        "web",
        "worker",
    ]


def test_its_commands_bring_up_a_web_that_its_health_check_calls_healthy(
    services: dict[str, Any], database_url: str, redis_url: str, tmp_path: Path
) -> None:
    port = free_port()
    environ = os.environ | environ_of(services["web"])
    # Where the servers and the storage are is what differs here from a container.
    environ |= {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "PORT": str(port)}
    environ |= {"FORGESYTE_STORAGE_URL": f"file://{tmp_path}", "FORGESYTE_HOST": "127.0.0.1"}
    check = here(health_check_of("web"))

    def status_of(words: list[str]) -> int:
        return subprocess.run(words, env=environ, stderr=subprocess.DEVNULL, check=False).returncode

    migrated = status_of(here(services["migrate"]["command"]))
    before = status_of(check)
    with subprocess.Popen(here(command_of("web")), env=environ) as web:
        try:
            wait_until(lambda: status_of(check) == 0, seconds=READY_SECONDS)
            with OPENER.open(f"http://127.0.0.1:{port}/readyz") as ready:
                answer = ready.status
        finally:
            web.terminate()

    assert (migrated, before != 0, answer, web.returncode) == (0, True, 200, 0)
