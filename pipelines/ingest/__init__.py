"""From a dropped file to rows that keep their contract, and the records that do not."""
