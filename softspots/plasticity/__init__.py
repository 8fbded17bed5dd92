"""What moves: D²_min."""
