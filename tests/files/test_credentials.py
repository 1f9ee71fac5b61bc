"""credentials.yml: the channels of a bot."""

from __future__ import annotations

import pytest

from rasa_mock.errors import DataError
from rasa_mock.files.credentials import DEFAULT, only_channel, parse_credentials

REAL = """
rest:
callback:
  url: http://localhost:5034/bot
  token: hunter2
socketio:
  user_message_evt: user_uttered
  session_persistence: true
slack:
  slack_token: hunter3
rasa:
  url: http://localhost:5002/api
addons.my_channel.MyIO:
  secret: hunter4
"""


def test_channels_that_are_imitated_are_read_and_the_others_named():
    read = parse_credentials(REAL, path="credentials.yml")
    assert [each.name for each in read.channels] == ["rest", "callback", "socketio"]
    assert read.channels[1].options["token"] == "hunter2"
    assert [str(notice).partition(":")[0] for notice in read.notices] == (
        ["credentials.yml"] * 3
    )
    assert "'slack' of Rasa is not imitated" in str(read.notices[0])
    assert "credentials.yml:9" in str(read.notices[0])
    assert "of your own is not imitated" in str(read.notices[2])
    assert "hunter" not in repr(read) + "".join(map(str, read.notices))


@pytest.mark.parametrize("text", ["", "slack:\n  slack_token: x"])
def test_a_bot_without_a_channel_is_told_of(text):
    notice = parse_credentials(text, path="credentials.yml").notices[-1]
    assert str(notice).startswith("credentials.yml: no channel is left to talk on")


def test_one_channel_may_be_chosen():
    read = parse_credentials(REAL, connector="callback")
    assert [each.name for each in read.channels] == ["callback"]
    assert read.channels[0].options["url"] == "http://localhost:5034/bot"
    assert only_channel("rest").channels[0].name == "rest"


def test_without_the_file_there_is_rest():
    assert [each.name for each in DEFAULT.channels] == ["rest"]
    assert parse_credentials("").channels == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- rest", "expected channels such as rest"),
        ("rest:\nslakc: {token: hunter}", "unknown channel 'slakc'; did you mean"),
        ("rest:\nzzz:", "unknown channel 'zzz'; expected rest, "),
        ("rest:\nsocketio: hunter", "expected the keys of the channel 'socketio'"),
        ("callback:\n  url: 5", "expected str, got int"),
        ("rest:\ncallback:", "expected the url that takes the bot's messages"),
        ("callback:\n  url: localhost", "expected the url that takes"),
        ("socketio:\n  bot_message_evt: [hunter]", "expected str, got list"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_no_secret(text, words):
    with pytest.raises(DataError) as caught:
        parse_credentials(text, path="credentials.yml")
    assert words in str(caught.value)
    line = len(text.splitlines())
    assert str(caught.value).startswith(f"credentials.yml:{line}: ")
    assert "hunter" not in str(caught.value)


def test_a_key_that_nobody_looks_at_is_said():
    text = "socketio:\n  session_persistance: true"
    (notice,) = parse_credentials(text, path="credentials.yml").notices
    assert str(notice).startswith("credentials.yml:2: unknown key")
    assert "did you mean 'session_persistence'?" in str(notice)
