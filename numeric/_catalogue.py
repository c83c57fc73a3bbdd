"""The scalar functions by their names: what a network looks up when it is built."""

from numeric.functions import ACTIVATIONS, LOSSES, Activation, Loss

__all__ = ["ACTIVATIONS", "LOSSES", "Activation", "Loss"]
