"""Computation graphs: an expression as named nodes, values forward, derivatives backward."""

from symbolic.graphs._graph import Graph, Node, graph

__all__ = ["Graph", "Node", "graph"]
