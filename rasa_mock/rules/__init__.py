"""Rules: what is wrong with an action server's answers, one small function each."""
