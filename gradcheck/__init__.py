"""Placeholder: the face of gradcheck."""
