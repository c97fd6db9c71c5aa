"""WHEN: what exists, what it is made from and how often. The only place for Dagster."""
