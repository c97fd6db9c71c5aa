"""One figure per module; each draws into axes it is given and touches no file."""
