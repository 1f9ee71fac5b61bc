"""The profiles against real servers: a running rasa-sdk 3.21, and recorded ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from rasa_mock.cli.main import cli
from rasa_mock.clients.http import HttpClient
from rasa_mock.clients.process import ActionServerProcess
from rasa_mock.core.domain import Domain
from rasa_mock.core.layouts import laid_out
from rasa_mock.core.profile import PROFILES
from rasa_mock.core.wire import Endpoint, RequestBuilder
from rasa_mock.files.domain import load_domain
from rasa_mock.generate.cases import cases_for, tracker_for
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate
from tests.schema.samples import read, recorded

PRO = "rasa-pro-3.21"
WEATHER = Path(__file__).parents[2] / "examples/weather"
#: what the hand-made recordings in the shape of an older Rasa Pro lack
LATER = (
    *("domain_digest", "session_config", "inactive", "terminated", "user_id"),
    *("conversation_started_timestamp", "current_session_id", "mocked_datetime"),
    *("filled_by", "anonymized_at"),
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ActionServerProcess("actions", cwd=WEATHER) as server:
        yield server.url


def test_the_449_handshake_works_with_rasa_sdk(url: str):
    endpoint = Endpoint(url=url)
    domain = load_domain(WEATHER / "domain.yml", profile=PRO)
    builder = RequestBuilder(endpoint, domain=domain, profile=PRO)
    registry = Registry.load(PRO)
    case = cases_for("validate_weather_form", domain=domain, registry=registry)[0]
    request = builder.build(case.action, tracker_for(case, domain))
    client = HttpClient(endpoint)
    try:
        assert client.call(replace(request, with_domain=None)).status == 449
        assert client.call(request).status == 200
        # Now the server knows the digest: no second request is needed.
        assert client.call(replace(request, with_domain=None)).status == 200
    finally:
        client.close()


def test_the_example_is_right_for_every_rasa():
    words = ["check", "--actions", "actions", "--domain", "domain.yml"]
    words += ["--profile", "all", "--cases", "6", "--no-behaviour"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(WEATHER)
        result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    assert result.output.count("0 errors, 0 warnings, 0 info") == len(PROFILES)
    lines = result.output.partition("does the server survive")[2].splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [[name, "yes:"] for name in PROFILES]


@pytest.mark.parametrize("bot", ["formbot", "helpdesk"])
def test_the_2_x_layout_is_the_one_with_which_old_servers_work(
    recordings: Path, bot: str
):
    """The recorded layout was written by hand: slots are named a little differently."""
    folder = recordings / "recordings"
    written = read(folder / f"{bot}-sdk2.domain.json")
    worked = read(folder / f"{bot}-sdk2.dialect2.domain.json")
    made = laid_out(Domain.from_dict(written, profile="rasa-2.8"), layout="2.x")
    for section in ("intents", "entities", "responses", "actions", "config"):
        assert made[section] == worked[section]
    for name, form in made["forms"].items():
        assert form["required_slots"] == worked["forms"][name]["required_slots"]
    assert list(made["slots"]) == list(worked["slots"])
    registry = Registry.load("rasa-2.8")
    assert validate("domain", made, registry=registry) == []


def test_recorded_requests_in_the_2_x_layout_are_right(recordings: Path):
    registry = Registry.load("rasa-2.8")
    seen = [r for r in recorded(recordings) if r.file.endswith("dialect2")]
    assert len(seen) == 39
    for each in seen:
        assert validate("action_request", each.request, registry=registry) == []


def test_recorded_requests_in_the_shape_of_pro_lack_only_what_came_later(
    recordings: Path,
):
    registry = Registry.load(PRO)
    seen = [r for r in recorded(recordings) if r.file.endswith("calm-shape")]
    assert len(seen) == 3
    for each in seen:
        found = validate("action_request", each.request, registry=registry)
        assert {issue.keyword for issue in found} == {"required"}
        assert all(any(repr(name) in i.expected for name in LATER) for i in found)


def test_unknown_events_in_answers_are_as_serious_as_the_profile_says(tmp_path: Path):
    (tmp_path / "profile.json").write_text(
        json.dumps({"extends": "rasa-3.6", "unknown_events": "warning"})
    )
    assert Registry.load(folder=tmp_path).unknown_events == "warning"
    assert Registry.load().unknown_events is None
    assert {profile.unknown_events for profile in PROFILES.values()} == {"error"}


def test_all_profiles_cannot_go_with_one_baseline_to_write():
    words = ["check", "--actions", "actions", "--domain", "domain.yml"]
    words += ["--profile", "all", "--baseline", "b.json", "--update-baseline"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code != 0
