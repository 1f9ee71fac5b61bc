"""Cases for an action server: conversations a dialogue can really reach, by seed.

`cases` is the way in, `trackers` the fast one for load and benchmarks.  Everything is a
function of the domain, the schemas, the seed and `now`: no clock is read here.
"""
