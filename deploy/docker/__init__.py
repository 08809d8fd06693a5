"""What containers need."""
