"""An invented city with planted truth: the demo, the test bed and the proof of the figures."""
