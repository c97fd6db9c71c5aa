"""Money: how a pool is divided, what was paid for what, and what one pupil's support costs."""
