"""Data to train on, by name or from a file."""

from backproof._datasets._dataset import Dataset
from backproof._datasets._load import BUILT_IN, load_dataset

__all__ = ["BUILT_IN", "Dataset", "load_dataset"]
