"""Statistics on small arrays: pure functions, one method per file, source cited."""
