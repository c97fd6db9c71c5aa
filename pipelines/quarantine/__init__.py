"""Quarantine: records held back, seen, exported, mended or let through by a decision."""
