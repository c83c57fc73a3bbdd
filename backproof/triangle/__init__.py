"""The triangle: each claim heard by three witnesses that share no code, edge by edge."""

from backproof.triangle._check import EDGES, Check, EmptyCheckError, Measured, Task
from backproof.triangle._verify import Verification, names, plan, verify

__all__ = ["EDGES", "Check", "EmptyCheckError", "Measured", "Task", "Verification", "names", "plan", "verify"]
