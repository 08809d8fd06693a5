"""What each call does, without HTTP."""
