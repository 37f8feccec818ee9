"""The front of the house: the only rooms that know OctoPrint and Flask."""
