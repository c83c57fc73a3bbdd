"""A small dense network whose backward pass can be spoiled in many ways; it shares no code with the project."""

import numpy as np
import pytest


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


ACTIVATIONS = {
    "identity": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "leaky_relu": (
        lambda z: np.where(z > 0, z, z / 100),
        lambda z: np.where(z > 0, z.dtype.type(1), 1 / 100),
    ),
    "softplus": (lambda z: np.logaddexp(0, z), sigmoid),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
}


class Network:
    """J = mean loss + l2 / 2m sum W²; `bug` names what is wrong in `gradient`."""

    def __init__(self, sizes=(5, 4, 3), act="tanh", kind="softmax", m=8, seed=0, l2=0.0, dtype=np.float64, init=1.0,
                 x_scale=1.0, bias=0.1, bug=None, scale=1.0):  # fmt: skip
        rng = np.random.default_rng(seed)
        self.L = len(sizes) - 1
        self.act, self.kind, self.m, self.l2, self.bug, self.scale = act, kind, m, l2, bug, scale
        self.X = (rng.standard_normal((sizes[0], m)) * x_scale).astype(dtype)
        k = sizes[-1]
        if kind == "softmax":
            self.Y = np.eye(k, dtype=dtype)[:, rng.integers(k, size=m)]
        elif kind == "bce":
            self.Y = (rng.random((k, m)) < 0.5).astype(dtype)
        else:
            self.Y = rng.standard_normal((k, m)).astype(dtype)
        self.p = {}
        for l in range(1, self.L + 1):
            W = init * rng.standard_normal((sizes[l], sizes[l - 1])) / np.sqrt(sizes[l - 1])
            self.p[f"W{l}"] = (W / (x_scale if l == 1 else 1)).astype(dtype)
            self.p[f"b{l}"] = (bias * rng.standard_normal((sizes[l], 1))).astype(dtype)
        self.state = {}
        self.rng = np.random.default_rng(99)

    def forward(self, p):
        A = self.X
        c = {"A0": A}
        out = {
            "softmax": lambda z: np.exp(z - z.max(0)) / np.exp(z - z.max(0)).sum(0),
            "bce": sigmoid,
            "mse": lambda z: z,
        }
        for l in range(1, self.L + 1):
            Z = p[f"W{l}"] @ A + p[f"b{l}"]
            A = (ACTIVATIONS[self.act][0] if l < self.L else out[self.kind])(Z)
            c[f"Z{l}"], c[f"A{l}"] = Z, A
        return c

    def loss(self, p):
        c = self.state["last"] = self.forward(p)
        Z, Y = c[f"Z{self.L}"], self.Y
        if self.kind == "softmax":
            M = Z.max(0)
            per = M + np.log(np.exp(Z - M).sum(0)) - (Y * Z).sum(0)
        elif self.kind == "bce":
            per = (np.logaddexp(0, Z) - Y * Z).sum(0)
        else:
            per = ((Z - Y) ** 2).sum(0) / 2
        penalty = sum((p[f"W{l}"] ** 2).sum() for l in range(1, self.L + 1)) if self.l2 else 0
        return (per.mean() + self.l2 / (2 * self.m) * penalty) * self.scale

    def cache(self, p):
        return {**self.forward(p), "Y": self.Y}

    def output(self, c):
        A, Y = c[f"A{self.L}"], self.Y
        dZ = A - Y
        spoiled = {
            "Y - A": lambda: Y - A,
            "softmax diagonal": lambda: -Y * (1 - A),
            "A (1 - A) too many": lambda: dZ * A * (1 - A),
            "label missing": lambda: A.copy(),
            "labels rolled": lambda: A - np.roll(Y, 1, axis=1),
            "last example dropped": lambda: dZ * (np.arange(self.m) < self.m - 1),
            "examples weighted": lambda: dZ * (1 + np.arange(self.m) / self.m),
        }
        return spoiled.get(self.bug, lambda: dZ)()

    def slope(self, c, l):
        Z, A = c[f"Z{l}"], c[f"A{l}"]
        g = ACTIVATIONS[self.act][1]
        dg = g(Z)
        spoiled = {
            "g' missing": lambda: np.ones_like(dg),
            "g' squared": lambda: dg * dg,
            "g' at A": lambda: g(A),
            "g' of the sigmoid": lambda: ACTIVATIONS["sigmoid"][1](Z),
            "dropout redrawn": lambda: dg * (self.rng.random(dg.shape) < 0.5) * 2,
            "dropout fixed": lambda: dg * (np.random.default_rng(5).random(dg.shape) < 0.7) / 0.7,
        }
        return spoiled.get(self.bug, lambda: dg)()

    def products(self, l, dZ, c, p):
        m, bug, W = self.m, self.bug, p[f"W{l}"]
        Ap = c[f"A{l - 1}"]
        if l == 1 and bug == "A1 for A0":
            Ap = c["A1"]
        if l == 1 and bug == "X rolled":
            Ap = np.roll(Ap, 1, axis=1)
        dW, db = dZ @ Ap.T / m, dZ.sum(1, keepdims=True) / m
        lam = {"no penalty": 0.0, "penalty twice": 2 * self.l2 / m, "penalty without m": self.l2}.get(
            bug, self.l2 / m
        )
        dW = dW + lam * W
        if bug == "bias penalised":
            db = db + 0.1 * p[f"b{l}"]
        everywhere = {
            "1/m missing": m, "1/m twice": 1 / m, "m - 1": m / max(m - 1, 1), "sign": -1.0, "half": 0.5,
        }  # fmt: skip
        dW, db = dW * everywhere.get(bug, 1.0), db * everywhere.get(bug, 1.0)
        if bug == "1/m missing in dW2" and l == 2:
            dW = dW * m
        if bug == "values clipped":
            dW = np.clip(dW, -0.02, 0.02)
        if bug in ("float32", "float16"):
            dW, db = (a.astype(bug).astype(np.float64) for a in (dW, db))
        if l == 1:
            dW, db = self.first_layer(dW, db, dZ, Ap)
        if l == 2 and bug == "W2 transposed":
            dW = dW.T
        return dW, db

    def first_layer(self, dW, db, dZ, Ap):
        bug, m = self.bug, self.m
        spoiled = {
            "sign of dW1": lambda: (-dW, db),
            "dW1 twice": lambda: (2 * dW, db),
            "1/m missing in db1": lambda: (dW, m * db),
            "dW1 reshaped": lambda: ((Ap @ dZ.T / m).reshape(dW.shape), db),
            "rows of dW1 reversed": lambda: (dW[::-1].copy(), db),
            "db1 zero": lambda: (dW, 0 * db),
            "db1 over the units": lambda: (dW, np.full_like(db, dZ.sum() / m / db.size)),
            "db1 of the first example": lambda: (dW, dZ[:, :1] / m),
            "one entry": lambda: (dW + 0.3 * np.abs(dW).max() * _at(dW.shape, (1, 2)), db),
            "one row": lambda: (dW * (1 + 0.5 * _at(dW.shape, (1, slice(None)))), db),
            "one column": lambda: (dW * (1 + 0.5 * _at(dW.shape, (slice(None), 2))), db),
            "one unit": lambda: (
                dW * (1 + 0.5 * _at(dW.shape, (2, slice(None)))), db * (1 + 0.5 * _at(db.shape, (2, slice(None))))
            ),
            "epsilon added": lambda: (dW + 1e-6, db),
        }  # fmt: skip
        return spoiled.get(bug, lambda: (dW, db))()

    def gradient(self, p):
        bug = self.bug
        c = self.forward(p)
        if bug == "stale cache":
            c = self.state.get("last", c)
        if bug == "first cache":
            c = self.state.setdefault("first", c)
        dZ, g = self.output(c), {}
        for l in range(self.L, 0, -1):
            g[f"W{l}"], g[f"b{l}"] = self.products(l, dZ, c, p)
            if l > 1:
                W = p[f"W{l}"]
                back = (
                    W if bug == "W not transposed" else np.roll(W, 1, axis=0).T if bug == "W rolled" else W.T
                )
                dZ = back @ dZ * self.slope(c, l - 1)
        return {k: v * self.scale for k, v in self.remembered(g).items()}

    def remembered(self, g):
        if self.bug == "accumulator":
            total = self.state.setdefault("sum", {k: np.zeros_like(v) for k, v in g.items()})
            for k in g:
                total[k] += g[k]
            return total
        if self.bug == "momentum":
            v = self.state.setdefault("v", {k: np.zeros_like(a) for k, a in g.items()})
            for k in g:
                v[k] = 0.9 * v[k] + 0.1 * g[k]
            return v
        if self.bug == "norm clipped":
            norm = np.sqrt(sum((v**2).sum() for v in g.values()))
            return {k: v * min(1, 0.1 / norm) for k, v in g.items()}
        return g


def _at(shape, index):
    mark = np.zeros(shape)
    mark[index] = 1.0
    return mark


@pytest.fixture(scope="session")
def network():
    """Give the class of the spoilable network."""
    return Network
