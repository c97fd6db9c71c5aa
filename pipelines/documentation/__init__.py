"""Pages of documentation written from the code itself: what they say is what it does.

``python -m pipelines.documentation`` rewrites ``docs/reference`` and ``docs/definitions``; a test
fails when a page there no longer says what the code says. Nothing on them is written by hand.
"""
