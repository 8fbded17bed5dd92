"""The energy landscape: forces, inherent structures and what holds them, modes."""
