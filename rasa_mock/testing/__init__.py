"""What tests of an action server are made of; the pytest plugin is its thin face."""
