"""What a user of the REST channel gets; each row was checked against real Rasa."""

from __future__ import annotations

import pytest

from rasa_mock.core.channel import sent_messages

EMPTY = dict.fromkeys(
    ("elements", "quick_replies", "buttons", "attachment", "image", "custom")
)
BUTTON = {"title": "b", "payload": "/b"}


def bot(text=None, *, metadata=None, data=None, **filled):
    return {
        "event": "bot",
        "timestamp": 1.5,
        "text": text,
        "data": {**EMPTY, **filled} if data is None else data,
        "metadata": metadata or {},
    }


def sent(event):
    return list(sent_messages(event, recipient_id="u"))


def to_u(*contents):
    return [{"recipient_id": "u", **content} for content in contents]


SENT = [
    ("nothing", bot(), []),
    ("empty text", bot(""), []),
    ("text", bot("hi"), to_u({"text": "hi"})),
    ("paragraphs", bot("a\n\nb\nc"), to_u({"text": "a"}, {"text": "b\nc"})),
    (
        "odd paragraphs",
        bot(" \n\n a\n\n\n\nb "),
        to_u({"text": "a"}, {"text": ""}, {"text": "b"}),
    ),
    ("blank", bot("  "), to_u({"text": ""})),
    (
        "buttons",
        bot("a\n\nb", buttons=[BUTTON]),
        to_u({"text": "a\n\nb", "buttons": [BUTTON]}),
    ),
    ("buttons alone", bot(buttons=[BUTTON]), to_u({"buttons": [BUTTON]})),
    (
        "text of any type with buttons",
        bot(5, buttons="ab"),
        to_u({"text": 5, "buttons": "ab"}),
    ),
    (
        "quick replies are buttons",
        bot("t", quick_replies=[BUTTON]),
        to_u({"text": "t", "buttons": [BUTTON]}),
    ),
    (
        "quick replies beat buttons",
        bot("t", quick_replies=[1], buttons=[2]),
        to_u({"text": "t", "buttons": [1]}),
    ),
    ("no quick replies", bot("t", quick_replies=[], buttons=[]), to_u({"text": "t"})),
    ("image", bot(image="i", attachment="i"), to_u({"image": "i"})),
    (
        "image and attachment",
        bot(image="i", attachment="a"),
        to_u({"image": "i"}, {"attachment": "a"}),
    ),
    ("attachment", bot(attachment={"type": "v"}), to_u({"attachment": {"type": "v"}})),
    ("custom", bot(custom={"a": 1}), to_u({"custom": {"a": 1}})),
    ("custom text", bot(custom="x"), to_u({"custom": "x"})),
    (
        "order",
        bot("t", custom=[1], image="i", attachment="a", elements=[{"title": "e"}]),
        to_u(
            {"text": "t"},
            {"custom": [1]},
            {"image": "i"},
            {"attachment": "a"},
            {"text": "e : ", "buttons": []},
        ),
    ),
    (
        "elements",
        bot(
            elements=[
                {"title": "e", "subtitle": "s", "buttons": [BUTTON]},
                {"subtitle": None, "buttons": None},
            ]
        ),
        to_u({"text": "e : s", "buttons": [BUTTON]}, {"text": " : None"}),
    ),
    ("data may lack keys", bot("t", data={}), to_u({"text": "t"})),
    ("metadata wins over text", bot("t", metadata={"text": "m"}), to_u({"text": "m"})),
    (
        "metadata has buttons",
        bot("t", metadata={"buttons": [1]}),
        to_u({"text": "t", "buttons": [1]}),
    ),
    ("text in data is not it", bot("t", data={"text": "d"}), to_u({"text": "t"})),
]


@pytest.mark.parametrize(
    ("event", "messages"), [row[1:] for row in SENT], ids=[row[0] for row in SENT]
)
def test_the_messages_of_a_bot_event(event, messages):
    before = repr(event)
    assert sent(event) == messages
    assert repr(event) == before


def test_keys_of_a_message_stand_in_rasas_order():
    (message,) = sent(bot("t", buttons=[BUTTON]))
    assert list(message) == ["recipient_id", "text", "buttons"]


CRASHES = [
    (
        "text is a number",
        bot(5),
        AttributeError,
        "'int' object has no attribute 'strip'",
    ),
    (
        "text is true",
        bot(text=True),
        AttributeError,
        "'bool' object has no attribute 'strip'",
    ),
    (
        "text is a list",
        bot(["a"]),
        AttributeError,
        "'list' object has no attribute 'strip'",
    ),
    (
        "elements is a number",
        bot(elements=5),
        TypeError,
        "'int' object is not iterable",
    ),
    (
        "an element is text",
        bot(elements=["x"]),
        AttributeError,
        "'str' object has no attribute 'get'",
    ),
    ("data is a list", bot("t", data=[1]), TypeError, "list indices must be integers"),
    (
        "data is text",
        bot("t", data="x"),
        AttributeError,
        "'str' object has no attribute 'copy'",
    ),
    (
        "recipient_id",
        bot("t", metadata={"recipient_id": "x"}),
        TypeError,
        "argument 'recipient_id'",
    ),
    ("self", bot(image="i", metadata={"self": 1}), TypeError, "argument 'self'"),
    (
        "json_message",
        bot(custom={"a": 1}, metadata={"json_message": 1}),
        TypeError,
        "argument 'json_message'",
    ),
]


@pytest.mark.parametrize(
    ("event", "error", "message"),
    [row[1:] for row in CRASHES],
    ids=[row[0] for row in CRASHES],
)
def test_what_cannot_be_sent(event, error, message):
    with pytest.raises(error, match=message):
        sent(event)


def test_a_colliding_key_does_no_harm_where_nothing_is_sent():
    assert sent(bot(metadata={"recipient_id": "x", "json_message": 1})) == []
    assert sent(bot("t", metadata={"json_message": 1})) == to_u({"text": "t"})


def test_what_was_sent_before_the_crash_has_arrived():
    messages = sent_messages(bot("t", elements=["x"]), recipient_id="u")
    assert next(messages) == {"recipient_id": "u", "text": "t"}
    with pytest.raises(AttributeError):
        next(messages)


def emitted(event):
    sent = sent_messages(event, recipient_id="u", output_channel="socketio")
    return [message["data"] for message in sent if message.pop("room") == "u"]


REPLY = {"content_type": "text", "title": "b", "payload": "/b"}
IMAGE = {"attachment": {"type": "image", "payload": {"src": "http://x"}}}
CARD = {"template_type": "generic", "elements": {"title": "t"}}
EMITTED = [
    ("nothing", bot(), []),
    ("paragraphs", bot("a\n\nb"), [{"text": "a"}, {"text": "b"}]),
    (
        "buttons",
        bot("a\n\nb", buttons=[BUTTON]),
        [{"text": "a", "quick_replies": []}, {"text": "b", "quick_replies": [REPLY]}],
    ),
    (
        "quick replies",
        bot("a", quick_replies=[BUTTON]),
        [{"text": "a", "quick_replies": [REPLY]}],
    ),
    ("image", bot("a", image="http://x"), [{"text": "a"}, IMAGE]),
    ("attachment", bot(attachment={"a": 1}), [{"attachment": {"a": 1}}]),
    ("custom", bot(custom={"data": {"x": 1}}), [{"x": 1}]),
    (
        "elements",
        bot(elements=[{"title": "t"}]),
        [{"attachment": {"type": "template", "payload": CARD}}],
    ),
]


@pytest.mark.parametrize(
    ("event", "expected"), [row[1:] for row in EMITTED], ids=[row[0] for row in EMITTED]
)
def test_a_socket_hears_events(event, expected):
    assert emitted(event) == expected


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (bot(5), AttributeError),
        (bot(buttons=[BUTTON]), AttributeError),
        (bot("a", buttons=[{"title": "x"}]), KeyError),
        (bot(custom=[1]), AttributeError),
        (bot(custom={"x": 1}), TypeError),
    ],
    ids=["text", "no text", "button", "list", "unknown key"],
)
def test_a_socket_stumbles_over_wrong_shapes(event, error):
    with pytest.raises(error):
        emitted(event)


def test_a_custom_message_may_name_its_room_and_stays_as_it_is():
    custom = {"data": 1, "room": "other"}
    event = bot(custom=custom)
    sent = sent_messages(event, recipient_id="u", output_channel="socketio")
    assert list(sent) == [{"data": 1, "room": "other"}]
    silent = {"data": 1}
    list(sent_messages(bot(custom=silent), recipient_id="u", output_channel="socketio"))
    assert silent == {"data": 1}
