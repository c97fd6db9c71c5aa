"""What pupils, guardians and staff say: surveys, rating scales, interviews."""
