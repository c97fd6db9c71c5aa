"""HOW: the steps from a delivered file to a publication, as plain Python. No Dagster."""
