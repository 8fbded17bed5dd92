"""What a configuration and its modes tell before anything moves: soft spots."""
