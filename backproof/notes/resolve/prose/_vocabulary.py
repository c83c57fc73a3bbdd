"""Words that can change what a formula means; where no rule has understood one, nothing near it is refuted.

The list is of stems, by what they speak of.
It is wide on purpose: a word too many costs a refutation, a word too few may cost a wrong one.
"""

from __future__ import annotations

import re
from functools import lru_cache

_STEMS = {
    "matrices": "symmetric skew antisymmetric orthogonal orthonormal diagonal invertib singular definite semidefinite "
    "covarian scatter identity unitary decompos factoris factoriz eigen svd qr cholesky triangular sparse permut revers transpos trace determinant rank augment append concaten "
    "stack flatten reshap block extended pad prepend",
    "sizes": "equal unequal",
    "arithmetic": "sum sums summed mean average averag half twice double halv doubl squared root cubic "
    "quotient ratio inverse reciproc absolute norm distance length minus plus divided subtract negat proportion "
    "multipl rounded round truncat approx roughly almost nearly small large tiny first-order linearis lineariz",
    "calculus": "jacobian hessian tangent limit subgradient kink corner undefined numerator denominator layout",
    "kinds": "complex integer constant constants fixed frozen random noise noisy independent uncorrelated",
    "functions": "sigmoid logistic softmax tanh relu leaky elu gelu swish softplus identity affine heaviside "
    "hyperbolic logarithm exponential sine cosine gaussian kernel odd monoton",
    "losses": "entropy likelihood hinge huber penalty penal regular weight-decay decay divergence reward log-likelihood "
    "mse bce residual",
    "statistics": "variance deviation standard normalis normaliz standardis standardiz expected expectation "
    "probab distribution bayes prior posterior bernoulli multinomial moment batch-norm momentum running moving",
    "labels": "one-hot hot",
    "conventions": "elementwise element-wise entrywise entry-wise componentwise hadamard broadcast instead except "
    "without unless never otherwise respectively",
    "processes": "dropout mask masked clip clipped shared tied weight-tying forcing stale detached stop-gradient",
}
_MATTER = re.compile(
    r"(?:" + "|".join(sorted({re.escape(s) for line in _STEMS.values() for s in line.split()})) + r")", re.I
)
_KOREAN = re.compile(
    r"대칭|직교|대각|가역|독립|근사|평균|합은|합이|제곱|절댓값|절대값|노름|상수|고정|확률|분산|표준|정규|전치|"
    r"원소별|성분별|원-핫|원핫|시그모이드|소프트맥스|항등"
)


# Words that name what a formula beside them spells out.
_DESCRIBED = re.compile(
    r"sigmoid|logistic|softmax|tanh|relu|leaky|elu|gelu|swish|softplus|hyperbolic|exponential|logarithm|gaussian|entropy|"
    r"cross-entropy|likelihood|log-likelihood|hinge|huber|mean|averag|sum|squared|regular|penal|mse|bce|variance|deviation|norm|"
    r"decay|weight-decay|residual|prior|posterior|divergence|cosine|kernel|half|distance|dropout|mask|masks|standard|minus|negati|normali[sz]|probab|bernoulli|ratio|quotient|momentum|moment|running|moving|시그모이드|소프트맥스|평균|제곱|분산|노름|합|가중합",
    re.I,
)


# Scripts of languages that no rule reads.
_FOREIGN = re.compile(r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u3040-\u30ff\u3400-\u9fff]")


@lru_cache(50_000)  # the words of a document come again and again
def is_harmless(word: str, described: bool = False) -> bool:
    """Whether a word cannot change what a formula means; ``described``: a formula stands beside it.

    Examples
    --------
    >>> is_harmless("network"), is_harmless("symmetric"), is_harmless("squared")
    (True, False, False)
    """
    if _FOREIGN.search(word):
        return False
    if described and _DESCRIBED.match(word):
        return True
    return _MATTER.match(word) is None and _KOREAN.search(word) is None
