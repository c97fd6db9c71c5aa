"""The early attention list of a school's own team: who is on it, since when, how right it is."""
