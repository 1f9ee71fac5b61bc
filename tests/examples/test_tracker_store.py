"""The example of tracker stores: its README's commands, against a real Redis."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rasa_mock.clients.process import ActionServerProcess
from rasa_mock.files.yaml import load_yaml
from tests.server.served import Served
from tests.servers.databases import RedisServer, redis_program

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "tracker_store"
README = (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Start everything that the README starts; give what runs its commands."""
    folder = tmp_path_factory.mktemp("example")
    with (
        RedisServer(tmp_path_factory.mktemp("redis")) as redis,
        ActionServerProcess("actions", cwd=FOLDER) as actions,
    ):
        text = (FOLDER / "endpoints.yml").read_text(encoding="utf-8")
        text = text.replace("http://localhost:5055/webhook", actions.url)
        endpoints = folder / "endpoints.yml"
        endpoints.write_text(text.replace("6379", str(redis.port)), encoding="utf-8")
        options = ("--enable-api", "--endpoints", endpoints)
        with Served(FOLDER, *options, folder=folder) as served:
            yield Example(redis, served)


class Example:
    def __init__(self, redis, served) -> None:
        self.redis = redis
        self.served = served

    def run(self, command: str) -> str:
        """Run a command of the README, with our ports and programs in it."""
        for shown, ours in {
            "http://localhost:5005": self.served.url,
            "redis://localhost:6379": self.redis.url,
            "redis-cli": f"{redis_program('redis-cli')} -p {self.redis.port}",
            "python ": f"{sys.executable} ",
            "rasa-mock ": f"{sys.executable} -m rasa_mock ",
        }.items():
            command = command.replace(shown, ours)
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            capture_output=True,
            text=True,
            cwd=FOLDER,
            check=False,
            env={**os.environ, "PYTHONPATH": str(FOLDER.parents[1])},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def step(self, number: int) -> list[str]:
        """Return the blocks of a step of the README."""
        _, _, rest = README.partition(f"\n## {number}.")
        return re.findall(r"```\w+\n(.*?)```", rest.partition("\n## ")[0], re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README uses curl")
def test_the_readme_can_be_followed(example):
    [say, answer] = example.step(2)
    assert json.loads(example.run(say)) == json.loads(answer)

    show, shown, list_events = example.step(3)
    assert example.run(show) == shown
    lines = example.run(list_events).splitlines()
    assert [json.loads(line)["event"] for line in lines] == [
        line.split()[1] for line in shown.splitlines()[1:]
    ]

    [variables] = example.step(4)
    records = [
        json.loads(line)
        for line in example.run(variables).splitlines()
        if line.startswith("{")
    ]
    assert_told(records)

    [again] = example.step(5)
    sent, _, look = again.partition("\n")
    assert json.loads(example.run(sent)) == json.loads(answer)
    both = example.run(look).splitlines()
    assert both[1:10] == shown.splitlines()[1:]
    assert [line.split(maxsplit=2)[-1] for line in both].count(
        "Find me some good venues"
    ) == 2
    assert example.run(list_events).splitlines()[: len(lines)] == lines

    example.run(say.replace("Find me some good venues", "/session_start"))
    sessions = [line for line in example.run(show).splitlines() if "session " in line]
    assert len(sessions) >= 2

    # What the action told is there for each turn, whatever connection was kept.
    told = example.run(variables)
    assert told.count('"name": "venues known"') == 2

    [view] = example.step(6)
    text = example.run(view)
    assert text.count("trace venues known = 3") == 2
    assert "by action action_search_venues" in text
    assert example.served.client.get("/__mock__/").status_code == 200


def assert_told(records):
    """Everything that step 4 of the README names is there."""
    by_kind = {}
    for record in records:
        by_kind.setdefault(record["kind"], []).append(record)
    [parse] = by_kind["parse"]
    understood = parse["parse_data"]
    assert understood["intent"]["name"] == "search_venues"
    ranked = {each["name"] for each in understood["intent_ranking"]}
    assert ranked == {"search_venues", "greet"}
    chosen = [each for each in by_kind["prediction"] if each["policy"]]
    assert [each["action"] for each in chosen][:1] == ["action_search_venues"]
    assert chosen[0]["reason"] == "rule 'look for venues' (data/rules.yml:8)"
    assert chosen[0]["candidates"][0]["scores"]["action_search_venues"] == 1.0
    [call] = by_kind["call"]
    assert (call["action"], call["status"]) == ("action_search_venues", 200)
    assert call["request"]["tracker"]["slots"]["venues"] is None
    assert call["response"]["events"][0]["name"] == "venues"
    told = {each["name"]: each["value"] for each in by_kind["trace"]}
    assert told["venues known"] == 3
    assert told["left out"] == [{"name": "Damp Basement", "reviews": 1.5}]
    [slot] = by_kind["slot"]
    assert (slot["name"], slot["cause"]) == ("venues", "action action_search_venues")
    assert by_kind["turn"][0]["elapsed"] > 0
    assert {each["turn"] for each in records} == {0}


def test_nothing_of_the_variables_is_in_the_events(example):
    client = example.redis.client()
    key = "rasa-mock:{conversation:anna}:"
    events = b"".join(client.lrange(f"{key}events", 0, -1))
    assert b"venues known" not in events
    assert b"venues known" in b"".join(client.lrange(f"{key}variables", 0, -1))
    client.close()


def test_mail_addresses_are_not_in_the_variables(example):
    said = {"sender": "bob", "message": "hi, I am bob@example.com, +49 170 1234567"}
    example.served.client.post("/webhooks/rest/webhook", json=said)
    client = example.redis.client()
    kept = client.lrange("rasa-mock:{conversation:bob}:variables", 0, -1)
    [parse] = [each for each in map(json.loads, kept) if each["kind"] == "parse"]
    assert parse["text"] == "hi, I am [email], [phone]"
    assert not any(b"example.com" in each for each in kept)
    client.close()


def test_the_compose_file_is_one():
    [service] = load_yaml(FOLDER / "compose.yml").value["services"].values()
    assert service["ports"] == ["127.0.0.1:6379:6379"]
