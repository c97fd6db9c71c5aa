"""Who should have a value of an indicator, and why those without one have none."""
