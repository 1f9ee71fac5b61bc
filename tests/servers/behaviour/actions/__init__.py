"""Actions whose mistake, or whose being right, shows only over several calls."""
