"""The stack as processes of one machine."""
