"""What leaves, in what form, and with what hidden."""
