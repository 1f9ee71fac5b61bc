"""What real Rasa does, as pure functions of their arguments.

Here live the events, the slots, the tracker, the domain, the wire format and what Rasa
makes of an answer.  No clock, randomness, files, sockets or logging lives here: times,
ids and a parser of dates come in as arguments, and only the standard library is used.
"""
