"""Dockerfile and compose.yml, read as an engine would: none is here to build them."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from rasa_mock.cli.main import cli
from rasa_mock.files.bot import load_bot
from rasa_mock.files.endpoints import read_endpoints
from rasa_mock.files.yaml import load_yaml
from rasa_mock.similar import similar

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {
    *("FROM", "RUN", "CMD", "COPY", "ENV", "USER", "WORKDIR", "EXPOSE", "ENTRYPOINT"),
    *("HEALTHCHECK", "STOPSIGNAL", "ARG", "LABEL", "SHELL", "VOLUME"),
}
SERVICE_KEYS = {
    *("build", "command", "environment", "ports", "volumes", "depends_on", "read_only"),
    *("tmpfs", "cap_drop", "security_opt", "image", "healthcheck"),
}


class Instruction(NamedTuple):
    """One instruction of a Dockerfile."""

    name: str
    words: str

    @property
    def exec_form(self):
        return json.loads(self.words)


@pytest.fixture(scope="module")
def stages():
    """Return the instructions of the Dockerfile, stage by stage."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = []
    for line in filter(str.strip, joined.splitlines()):
        name, _, words = line.strip().partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append(Instruction(name, words.strip()))
    return found


@pytest.fixture(scope="module")
def compose():
    return load_yaml(ROOT / "compose.yml").value


def only(stage, name):
    (found,) = [each for each in stage if each.name == name]
    return found


def sources(stages):
    """Yield what is copied out of the checkout."""
    for stage in stages:
        for each in stage:
            if each.name == "COPY" and "--from" not in each.words:
                yield from shlex.split(each.words)[:-1]


def check_serve(words):
    """Parse the words of a `rasa-mock serve` as the command does."""
    assert words[0] == "serve"
    command = cli.get_command(None, "serve")
    return command.make_context("serve", list(words[1:])).params


def test_every_instruction_exists(stages):
    names = {each.name for stage in stages for each in stage}
    assert names <= KNOWN
    assert len(stages) == 2, "what is only needed to build stays behind"


def test_images_have_a_version_and_are_small(stages):
    for stage in stages:
        image = stage[0].words.split()[0]
        assert re.fullmatch(r"python:3\.\d+-slim", image)


def test_nobody_is_root_in_the_end(stages):
    user = only(stages[-1], "USER").words
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user), "a number: Kubernetes can check it"
    names = [each.name for each in stages[-1]]
    assert "RUN" not in names[names.index("USER") :]


def test_there_is_a_health_check_that_works(stages):
    options, _, command = only(stages[-1], "HEALTHCHECK").words.partition("CMD ")
    assert "--interval=" in options
    assert "--timeout=" in options
    python, flag, code = json.loads(command)
    assert (python, flag) == ("python", "-c")
    compile(code, "HEALTHCHECK", "exec")
    port = only(stages[-1], "EXPOSE").words
    assert f"http://127.0.0.1:{port}/" in code


def test_the_command_is_one_of_ours_and_gets_signals(stages):
    assert only(stages[-1], "ENTRYPOINT").exec_form == ["rasa-mock"]
    wanted = check_serve(only(stages[-1], "CMD").exec_form)
    assert wanted["host"] == "0.0.0.0"  # noqa: S104  inside a container
    assert str(wanted["port"]) == only(stages[-1], "EXPOSE").words
    assert str(wanted["bot"]) == only(stages[-1], "WORKDIR").words
    assert only(stages[-1], "STOPSIGNAL").words == "SIGTERM"


def test_what_is_copied_exists_and_is_sent_to_the_engine(stages):
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for source in sources(stages):
        assert (ROOT / source).exists()
        ignored = False
        for line in lines:
            if fnmatch.fnmatch(source, line.removeprefix("!")):
                ignored = not line.startswith("!")
        assert not ignored, f"{source} is in .dockerignore"


def test_what_the_build_needs_is_copied(stages):
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = {"pyproject.toml", "rasa_mock", "LICENSE"}
    needed |= set(re.findall(r'^readme = "(.+)"', project, flags=re.MULTILINE))
    included = project.partition("force-include]\n")[2].partition("\n\n")[0]
    needed |= set(re.findall(r'^"(.+?)" =', included, flags=re.MULTILINE))
    assert needed <= set(sources(stages))


def test_the_extras_that_are_installed_exist(stages):
    (installed,) = re.findall(r"\.\[([\w,]+)\]", only(stages[0], "RUN").words)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = project.partition("[project.optional-dependencies]")[2]
    extras = set(re.findall(r"^(\w+) = \[", section, flags=re.MULTILINE))
    assert set(installed.split(",")) <= extras
    assert {"fast", "server"} <= set(installed.split(","))


def test_nothing_secret_and_no_cache_is_left_in_the_image(stages):
    for stage in stages:
        for each in stage:
            assert not re.search("token|password|secret", each.words, re.IGNORECASE)
            if "pip install" in each.words:
                assert "--no-cache-dir" in each.words


def test_the_services_are_as_compose_has_them(compose):
    assert set(compose) == {"services"}
    services = compose["services"]
    assert set(services) == {"rasa", "actions"}
    for service in services.values():
        assert set(service) <= SERVICE_KEYS
        assert ("image" in service) != ("build" in service)
        assert service["cap_drop"] == ["ALL"]
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service["volumes"]:
            source, target, mode = volume.split(":")
            assert (ROOT / source).exists()
            assert target.startswith("/")
            assert mode == "ro"
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), "it is for this machine alone"
        assert not str(service.get("image", "x:1")).endswith(":latest")


def test_the_mock_finds_its_bot_and_the_action_server(compose, monkeypatch):
    services = compose["services"]
    rasa, actions = services["rasa"], services["actions"]
    wanted = check_serve(rasa["command"])
    places = {
        target: ROOT / source
        for source, target, _ in (volume.split(":") for volume in rasa["volumes"])
    }
    assert load_bot(places[str(wanted["bot"])], similar=similar).domain.actions
    for name, value in rasa["environment"].items():
        monkeypatch.setenv(name, value)
    endpoints = read_endpoints(places[str(wanted["endpoints"])])
    assert endpoints.action is not None
    assert endpoints.action.url == "http://actions:5055/webhook"
    assert rasa["depends_on"]["actions"]["condition"] == "service_healthy"
    check = actions["healthcheck"]["test"]
    assert check[:3] == ["CMD", "python", "-c"]
    compile(check[3], "healthcheck", "exec")
    assert "5055" in check[3]
