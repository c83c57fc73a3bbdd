"""Placeholder: the face of symbolic."""
