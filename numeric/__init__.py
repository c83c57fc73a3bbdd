"""Placeholder: the face of numeric."""
