"""Play conversation tests: cases of Rasa Pro, and test stories of Open Source."""
