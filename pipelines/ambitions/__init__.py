"""Ambitions beside what became of them, and documents beside what the registers say."""
