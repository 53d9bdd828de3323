"""Training: the data, one loop for all networks, and one recipe per network."""
