"""The structured protocol, batches, complex steps, samples of entries: other means, the same verdicts."""

import numpy as np
import pytest

import gradcheck


class Ridge:
    """J = mean of squared residuals of relu(W X) + b, with differences computed in extended precision."""

    def __init__(self, lie=0.0, shape_lie=False):
        rng = np.random.default_rng(5)
        self.X, self.Y = rng.standard_normal((6, 12)), rng.standard_normal((4, 12))
        self.point = {"W": rng.standard_normal((4, 6)), "b": rng.standard_normal((4, 1))}
        self.lie, self.shape_lie, self.calls = lie, shape_lie, 0

    def __call__(self, p):
        Z = p["W"] @ self.X.astype(p["W"].dtype) + p["b"]
        loss = (((np.maximum(Z, 0) - self.Y) ** 2).sum() / 12).astype(p["W"].dtype)
        return float(loss) if p["W"].dtype == np.float64 else loss

    def gradient(self, p):
        Z = p["W"] @ self.X + p["b"]
        dZ = 2 * (np.maximum(Z, 0) - self.Y) * (Z > 0) / 12
        return {"W": dZ @ self.X.T, "b": dZ.sum(1, keepdims=True)}

    def differences(self, name, h, parameters=None):
        self.calls += 1
        parameters = self.point if parameters is None else parameters
        p = {k: a.astype(np.longdouble) for k, a in parameters.items()}
        base, pattern = self(p), p["W"] @ self.X + p["b"] > 0
        plus, minus = np.empty(p[name].shape), np.empty(p[name].shape)
        crossed = np.zeros(p[name].shape, dtype=bool)
        for i in np.ndindex(*p[name].shape):
            held = p[name][i]
            for out, sign in ((plus, 1), (minus, -1)):
                p[name][i] = held + sign * np.longdouble(h)
                out[i] = float(self(p) - base) * (1 + self.lie)
                crossed[i] |= bool(((p["W"] @ self.X + p["b"] > 0) != pattern).any())
            p[name][i] = held
        return (plus.T, minus, crossed) if self.shape_lie else (plus, minus, crossed)


def test_a_loss_that_offers_differences_is_checked_by_them_and_audited():
    loss = Ridge()

    report = gradcheck.check(loss, loss.gradient, loss.point)

    assert report.verdict == "pass"
    assert report.method == "structured"
    assert loss.calls >= 2
    assert any("audited on" in note for note in report.notes)
    # Differences of differences keep their digits: nine more than the plain centred ones.
    row = report["W"]
    assert np.max(np.abs(row.analytic - row.numeric)) < 1e-11


def test_structured_false_forces_the_plain_path():
    loss = Ridge()

    report = gradcheck.check(loss, loss.gradient, loss.point, structured=False)

    assert report.verdict == "pass"
    assert report.method == "plain"
    assert loss.calls == 0


@pytest.mark.parametrize("spoil", ["entry", "sign", "factor"])
def test_the_structured_path_fails_a_wrong_gradient(spoil):
    loss = Ridge()

    def wrong(p):
        g = loss.gradient(p)
        if spoil == "entry":
            g["W"][2, 3] += 1e-6
        else:
            g["W"] *= -1 if spoil == "sign" else 1.001
        return g

    report = gradcheck.check(loss, wrong, loss.point)

    assert report.verdict == "fail"
    assert report.method == "structured"
    assert [row.name for row in report.parameters if row.verdict == "fail"] == ["W"]
    if spoil == "entry":
        assert report.worst.name == "W[2, 3]"


def test_the_audit_refuses_differences_that_lie_so_a_wrong_gradient_cannot_hide_behind_them():
    loss = Ridge(lie=0.01)

    right = gradcheck.check(loss, loss.gradient, loss.point)
    wrong = gradcheck.check(loss, lambda p: {k: 1.01 * g for k, g in loss.gradient(p).items()}, loss.point)

    assert right.verdict == "pass"
    assert any("audit refused" in note for note in right.notes)
    assert wrong.verdict == "fail"


def test_differences_of_the_wrong_shape_are_an_error():
    loss = Ridge(shape_lie=True)

    with pytest.raises(gradcheck.ShapeError, match=r"differences\('W'"):
        gradcheck.check(loss, loss.gradient, loss.point)


def test_a_kink_within_the_structured_step_is_no_error():
    loss = Ridge()
    Z = loss.point["W"] @ loss.X + loss.point["b"]
    loss.point["b"] -= Z[:, :1]  # unit by unit, the first example stands exactly at the kink

    report = gradcheck.check(loss, loss.gradient, loss.point)

    assert report.verdict == "pass"


def test_loss_many_is_used_for_batches_and_gives_the_same_slopes():
    loss = Ridge()
    sizes = []

    class Batched:
        def __call__(self, p):
            return loss(p)

        def many(self, points):
            sizes.append(len(points))
            return np.array([loss(p) for p in points])

    batched = gradcheck.check(Batched(), loss.gradient, loss.point)
    plain = gradcheck.check(loss, loss.gradient, loss.point, method="plain")

    assert batched.method == "many"
    assert max(sizes) >= 24
    np.testing.assert_array_equal(batched["W"].numeric, plain["W"].numeric)


def test_a_batched_loss_of_the_wrong_length_is_an_error():
    class Batched:
        def __call__(self, x):
            return np.sum(x**2)

        def many(self, points):
            return np.zeros(3)

    with pytest.raises(gradcheck.ShapeError, match=r"loss\.many"):
        gradcheck.check(Batched(), lambda x: 2 * x, np.ones(4))


def smooth(x):
    return np.sum(np.exp(np.sin(x)) * x)


def slope_of_smooth(x):
    return np.exp(np.sin(x)) * (1 + x * np.cos(x))


def test_the_complex_step_sees_errors_below_the_reach_of_real_steps():
    at = np.linspace(-1, 2, 7)

    right = gradcheck.check(smooth, slope_of_smooth, at, method="complex")
    wrong = gradcheck.check(smooth, lambda x: slope_of_smooth(x) * (1 + 1e-11), at, method="complex")

    assert right.verdict == "pass"
    assert right.method == "complex"
    assert np.max(np.abs(right["x"].analytic - right["x"].numeric)) < 1e-14
    assert wrong.verdict == "fail"


def test_the_complex_step_is_refused_where_the_loss_is_not_analytic():
    at = np.array([1.0, -2.0])

    report = gradcheck.check(lambda x: (x * np.conj(x)).sum() + 0j if np.iscomplexobj(x) else np.sum(x * x),
                             lambda x: 2 * x, at, method="complex")  # fmt: skip

    assert report.verdict == "pass"
    assert any("audit refused" in note for note in report.notes)
    with pytest.raises(gradcheck.DtypeError, match="complex"):
        gradcheck.check(lambda x: float(np.sum(x.real**2)), lambda x: 2 * x, at, method="complex")


@pytest.mark.parametrize("coordinates", ["stratified", 40, 0])
def test_samples_say_what_was_not_visited_and_directions_stand_for_the_rest(coordinates):
    at = np.random.default_rng(0).standard_normal((40, 50))

    def wrong_somewhere(x):
        g = 2 * x
        g[17, 31] += 10.0
        return g

    right = gradcheck.check(lambda x: np.sum(x**2), lambda x: 2 * x, at, coordinates=coordinates)
    wrong = gradcheck.check(lambda x: np.sum(x**2), wrong_somewhere, at, coordinates=coordinates)

    assert right.verdict == "pass"
    assert any("entries were not visited; 2 random directions" in note for note in right.notes)
    assert wrong.verdict == "fail"


def test_nothing_visited_at_all_is_not_a_pass():
    report = gradcheck.check(lambda x: np.sum(x**2), lambda x: 2 * x, np.ones(3), coordinates=0, directions=0,
                             probes=False)  # fmt: skip

    assert report.verdict == "inconclusive"


W = np.arange(12.0).reshape(3, 4) / 7


def test_a_right_vjp_passes_and_wrong_ones_fail():
    at = {"x": np.linspace(0, 1, 4), "b": np.zeros(3)}

    def f(p):
        return np.tanh(W @ p["x"] + p["b"])

    def vjp(p, v):
        dz = v * (1 - f(p) ** 2)
        return {"x": W.T @ dz, "b": dz}

    right = gradcheck.check_vjp(f, vjp, at)
    wrong = gradcheck.check_vjp(f, lambda p, v: {"x": W.T @ v, "b": vjp(p, v)["b"]}, at)

    assert right.verdict == "pass"
    assert wrong.verdict == "fail"
    assert wrong.worst.parameter == "v1·f by x"


def test_a_right_jvp_passes_and_wrong_ones_fail():
    at = [np.linspace(0, 1, 4), np.ones(3)]

    def f(p):
        return {"out": np.tanh(W @ p[0]) * p[1]}

    def jvp(p, u):
        t = np.tanh(W @ p[0])
        return {"out": (1 - t**2) * (W @ u[0]) * p[1] + t * u[1]}

    right = gradcheck.check_jvp(f, jvp, at)
    wrong = gradcheck.check_jvp(f, lambda p, u: {"out": jvp(p, [u[0], 0 * u[1]])["out"]}, at)

    assert right.verdict == "pass"
    assert wrong.verdict == "fail"


def test_a_hessian_is_checked_entry_by_entry_and_by_products_when_large():
    def loss(x):
        return np.sum(np.sin(x[:-1]) * x[1:] ** 2)

    def gradient(x):
        g = np.zeros_like(x)
        g[:-1] += np.cos(x[:-1]) * x[1:] ** 2
        g[1:] += 2 * np.sin(x[:-1]) * x[1:]
        return g

    def hessian(x):
        H = np.diag(np.append(-np.sin(x[:-1]) * x[1:] ** 2, 0) + np.append(0, 2 * np.sin(x[:-1])))
        off = np.diag(2 * np.cos(x[:-1]) * x[1:], 1)
        return H + off + off.T

    def spoiled(x):
        H = hessian(x)
        H[2, 1] *= 1.01
        return H

    small, large = np.linspace(0.3, 1.7, 4), np.linspace(0.3, 1.7, 30)

    assert gradcheck.check_hessian(loss, gradient, hessian, small).verdict == "pass"
    assert gradcheck.check_hessian(loss, gradient, hessian, large).verdict == "pass"
    report = gradcheck.check_hessian(loss, gradient, spoiled, small)
    assert report.verdict == "fail"
    assert report.worst.name == "d(dJ/dx[2])/dx[1]"
    assert gradcheck.check_hessian(loss, gradient, spoiled, large).verdict == "fail"
    with pytest.raises(gradcheck.ShapeError, match="Hessian"):
        gradcheck.check_hessian(loss, gradient, lambda x: np.eye(3), small)
