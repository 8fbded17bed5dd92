"""The commands: what is typed, what is checked, what is written, and how it ends."""
