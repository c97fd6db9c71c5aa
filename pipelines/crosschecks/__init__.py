"""Judgement across files: one module per judgement, found by itself."""
