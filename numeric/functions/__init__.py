"""Exact scalar functions: private rooms of numeric, re-exported by the package."""
