"""Write every page."""

from pipelines.documentation.pages import write_pages

write_pages()
