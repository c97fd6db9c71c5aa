"""Design cards: what is known of each project's structure and working methods, compared."""
