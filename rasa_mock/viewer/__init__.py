"""What the viewer shows, as plain values: lists, conversations, comparisons, exports.

No sockets and no terminal here: `rasa_mock.server.viewer` serves these pages,
`rasa_mock.cli.view` prints them or writes them to a file.  `assets` is what a browser
gets, as it is.
"""
