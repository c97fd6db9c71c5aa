"""The pilot's participants: spells of support, whom they reached, how they ended."""
