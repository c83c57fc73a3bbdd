"""Placeholder: the face of backproof."""
