"""One module per kind of file; see :mod:`pipelines.ingest.formats.registry`."""
