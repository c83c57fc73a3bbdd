"""The commands of the front door, one a file; each holds a click command named `command`."""
