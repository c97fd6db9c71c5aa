"""Connectors: systems that are asked for their data, and the delivery made of their answers."""
