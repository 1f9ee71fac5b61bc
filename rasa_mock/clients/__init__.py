"""Ways to reach an action server: HTTP, and a rasa-sdk package started for the purpose.

`base` is the seam that the rest of the house knows.  What to send and what a reply
means is decided in `core`; a client only carries it, and turns mishaps into values.
"""
