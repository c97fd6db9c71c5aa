"""What schools and projects meet: templates out, and what to correct back."""
