"""What dead or slow processes held, given to others."""
