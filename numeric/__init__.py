"""The hand-vectorised network of the notes, its training, its exact scalar functions, and its data.

Columns are examples: X is ``(n_x, m)``, Y is ``(n_y, m)``.

Every name is imported at its first use, so that ``import numeric`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numeric._activation_layers import ELU as ELU
    from numeric._activation_layers import GELU as GELU
    from numeric._activation_layers import ActivationLayer as ActivationLayer
    from numeric._activation_layers import GELUTanh as GELUTanh
    from numeric._activation_layers import Identity as Identity
    from numeric._activation_layers import LeakyReLU as LeakyReLU
    from numeric._activation_layers import ReLU as ReLU
    from numeric._activation_layers import Sigmoid as Sigmoid
    from numeric._activation_layers import SiLU as SiLU
    from numeric._activation_layers import Softmax as Softmax
    from numeric._activation_layers import Softplus as Softplus
    from numeric._activation_layers import Tanh as Tanh
    from numeric._checks import one_hot as one_hot
    from numeric._data import load_breast_cancer as load_breast_cancer
    from numeric._data import load_diabetes as load_diabetes
    from numeric._data import load_digits as load_digits
    from numeric._data import load_iris as load_iris
    from numeric._dense import Dense as Dense
    from numeric._errors import DivergenceError as DivergenceError
    from numeric._errors import DtypeError as DtypeError
    from numeric._errors import LabelError as LabelError
    from numeric._errors import NonFiniteError as NonFiniteError
    from numeric._errors import NumericError as NumericError
    from numeric._errors import ShapeError as ShapeError
    from numeric._history import Diverged as Diverged
    from numeric._history import Epoch as Epoch
    from numeric._history import History as History
    from numeric._initialise import INITIALISATIONS as INITIALISATIONS
    from numeric._initialise import distinct_units as distinct_units
    from numeric._initialise import initial_scale as initial_scale
    from numeric._layer import Layer as Layer
    from numeric._layer import Workspace as Workspace
    from numeric._metrics import ClassReport as ClassReport
    from numeric._metrics import class_report as class_report
    from numeric._metrics import confusion_matrix as confusion_matrix
    from numeric._model import Model as Model
    from numeric._network import Network as Network
    from numeric._optimisers import OPTIMISERS as OPTIMISERS
    from numeric._optimisers import SGD as SGD
    from numeric._optimisers import Adam as Adam
    from numeric._optimisers import AdamW as AdamW
    from numeric._optimisers import Momentum as Momentum
    from numeric._optimisers import Nesterov as Nesterov
    from numeric._optimisers import Optimiser as Optimiser
    from numeric._optimisers import RMSProp as RMSProp
    from numeric._parameters import Parameters as Parameters
    from numeric._recipes import conv_classifier as conv_classifier
    from numeric._recipes import mlp_classifier as mlp_classifier
    from numeric._recipes import recipe as recipe
    from numeric._regression import gradient_descent as gradient_descent
    from numeric._regression import linear_regression as linear_regression
    from numeric._regression import linear_regression_gradients as linear_regression_gradients
    from numeric._regression import linear_regression_gradients_loops as linear_regression_gradients_loops
    from numeric._regression import logistic_regression as logistic_regression
    from numeric._regression import logistic_regression_gradients as logistic_regression_gradients
    from numeric._regression import logistic_regression_gradients_loops as logistic_regression_gradients_loops
    from numeric._save import load_network as load_network
    from numeric._schedules import constant as constant
    from numeric._schedules import cosine as cosine
    from numeric._schedules import staircase as staircase
    from numeric._schedules import warm_up as warm_up
    from numeric._synthetic import make_moons as make_moons
    from numeric._synthetic import make_spirals as make_spirals
    from numeric.functions import ACTIVATIONS as ACTIVATIONS
    from numeric.functions import LOSSES as LOSSES
    from numeric.functions import Activation as Activation
    from numeric.functions import Loss as Loss
    from numeric.functions import accurate_mean as accurate_mean
    from numeric.functions import accurate_sum as accurate_sum
    from numeric.functions import bce as bce
    from numeric.functions import bce_derivative as bce_derivative
    from numeric.functions import bce_logit as bce_logit
    from numeric.functions import bce_logit_derivative as bce_logit_derivative
    from numeric.functions import elu as elu
    from numeric.functions import elu_derivative as elu_derivative
    from numeric.functions import gelu as gelu
    from numeric.functions import gelu_derivative as gelu_derivative
    from numeric.functions import gelu_tanh as gelu_tanh
    from numeric.functions import gelu_tanh_derivative as gelu_tanh_derivative
    from numeric.functions import hinge as hinge
    from numeric.functions import hinge_derivative as hinge_derivative
    from numeric.functions import huber as huber
    from numeric.functions import huber_derivative as huber_derivative
    from numeric.functions import identity as identity
    from numeric.functions import identity_derivative as identity_derivative
    from numeric.functions import l2 as l2
    from numeric.functions import l2_derivative as l2_derivative
    from numeric.functions import leaky_relu as leaky_relu
    from numeric.functions import leaky_relu_derivative as leaky_relu_derivative
    from numeric.functions import log_sigmoid as log_sigmoid
    from numeric.functions import log_sigmoid_derivative as log_sigmoid_derivative
    from numeric.functions import log_softmax as log_softmax
    from numeric.functions import logsumexp as logsumexp
    from numeric.functions import relu as relu
    from numeric.functions import relu_derivative as relu_derivative
    from numeric.functions import sigmoid as sigmoid
    from numeric.functions import sigmoid_derivative as sigmoid_derivative
    from numeric.functions import silu as silu
    from numeric.functions import silu_derivative as silu_derivative
    from numeric.functions import softmax as softmax
    from numeric.functions import softmax_cross_entropy as softmax_cross_entropy
    from numeric.functions import softmax_cross_entropy_derivative as softmax_cross_entropy_derivative
    from numeric.functions import softmax_derivative as softmax_derivative
    from numeric.functions import softmax_jacobian as softmax_jacobian
    from numeric.functions import softplus as softplus
    from numeric.functions import softplus_derivative as softplus_derivative
    from numeric.functions import squared_error as squared_error
    from numeric.functions import squared_error_derivative as squared_error_derivative
    from numeric.functions import tanh as tanh
    from numeric.functions import tanh_derivative as tanh_derivative
    from numeric.layers import Attended as Attended
    from numeric.layers import AvgPool2d as AvgPool2d
    from numeric.layers import BatchNorm as BatchNorm
    from numeric.layers import Conv2d as Conv2d
    from numeric.layers import Dropout as Dropout
    from numeric.layers import Embedding as Embedding
    from numeric.layers import Flatten as Flatten
    from numeric.layers import LayerNorm as LayerNorm
    from numeric.layers import MaxPool2d as MaxPool2d
    from numeric.layers import MultiHeadAttention as MultiHeadAttention
    from numeric.layers import Residual as Residual
    from numeric.layers import RMSNorm as RMSNorm
    from numeric.layers import SwiGLU as SwiGLU
    from numeric.layers import attention_mask as attention_mask
    from numeric.layers import scaled_dot_product_attention as scaled_dot_product_attention
    from numeric.layers import scaled_dot_product_attention_backward as scaled_dot_product_attention_backward

# name -> the module that holds it
_HOME = {
    "ACTIVATIONS": "numeric.functions",
    "Activation": "numeric.functions",
    "ActivationLayer": "numeric._activation_layers",
    "Adam": "numeric._optimisers",
    "AdamW": "numeric._optimisers",
    "Attended": "numeric.layers",
    "AvgPool2d": "numeric.layers",
    "BatchNorm": "numeric.layers",
    "ClassReport": "numeric._metrics",
    "Conv2d": "numeric.layers",
    "Dense": "numeric._dense",
    "Diverged": "numeric._history",
    "DivergenceError": "numeric._errors",
    "Dropout": "numeric.layers",
    "DtypeError": "numeric._errors",
    "ELU": "numeric._activation_layers",
    "Embedding": "numeric.layers",
    "Epoch": "numeric._history",
    "Flatten": "numeric.layers",
    "GELU": "numeric._activation_layers",
    "GELUTanh": "numeric._activation_layers",
    "History": "numeric._history",
    "INITIALISATIONS": "numeric._initialise",
    "Identity": "numeric._activation_layers",
    "LOSSES": "numeric.functions",
    "LabelError": "numeric._errors",
    "Layer": "numeric._layer",
    "LayerNorm": "numeric.layers",
    "LeakyReLU": "numeric._activation_layers",
    "Loss": "numeric.functions",
    "MaxPool2d": "numeric.layers",
    "Model": "numeric._model",
    "Momentum": "numeric._optimisers",
    "MultiHeadAttention": "numeric.layers",
    "Nesterov": "numeric._optimisers",
    "Network": "numeric._network",
    "NonFiniteError": "numeric._errors",
    "NumericError": "numeric._errors",
    "OPTIMISERS": "numeric._optimisers",
    "Optimiser": "numeric._optimisers",
    "Parameters": "numeric._parameters",
    "RMSNorm": "numeric.layers",
    "RMSProp": "numeric._optimisers",
    "ReLU": "numeric._activation_layers",
    "Residual": "numeric.layers",
    "SGD": "numeric._optimisers",
    "ShapeError": "numeric._errors",
    "SiLU": "numeric._activation_layers",
    "Sigmoid": "numeric._activation_layers",
    "Softmax": "numeric._activation_layers",
    "Softplus": "numeric._activation_layers",
    "SwiGLU": "numeric.layers",
    "Tanh": "numeric._activation_layers",
    "Workspace": "numeric._layer",
    "accurate_mean": "numeric.functions",
    "accurate_sum": "numeric.functions",
    "attention_mask": "numeric.layers",
    "bce": "numeric.functions",
    "bce_derivative": "numeric.functions",
    "bce_logit": "numeric.functions",
    "bce_logit_derivative": "numeric.functions",
    "class_report": "numeric._metrics",
    "confusion_matrix": "numeric._metrics",
    "constant": "numeric._schedules",
    "conv_classifier": "numeric._recipes",
    "cosine": "numeric._schedules",
    "distinct_units": "numeric._initialise",
    "elu": "numeric.functions",
    "elu_derivative": "numeric.functions",
    "gelu": "numeric.functions",
    "gelu_derivative": "numeric.functions",
    "gelu_tanh": "numeric.functions",
    "gelu_tanh_derivative": "numeric.functions",
    "gradient_descent": "numeric._regression",
    "hinge": "numeric.functions",
    "hinge_derivative": "numeric.functions",
    "huber": "numeric.functions",
    "huber_derivative": "numeric.functions",
    "identity": "numeric.functions",
    "identity_derivative": "numeric.functions",
    "initial_scale": "numeric._initialise",
    "l2": "numeric.functions",
    "l2_derivative": "numeric.functions",
    "leaky_relu": "numeric.functions",
    "leaky_relu_derivative": "numeric.functions",
    "linear_regression": "numeric._regression",
    "linear_regression_gradients": "numeric._regression",
    "linear_regression_gradients_loops": "numeric._regression",
    "load_breast_cancer": "numeric._data",
    "load_diabetes": "numeric._data",
    "load_digits": "numeric._data",
    "load_iris": "numeric._data",
    "load_network": "numeric._save",
    "log_sigmoid": "numeric.functions",
    "log_sigmoid_derivative": "numeric.functions",
    "log_softmax": "numeric.functions",
    "logistic_regression": "numeric._regression",
    "logistic_regression_gradients": "numeric._regression",
    "logistic_regression_gradients_loops": "numeric._regression",
    "logsumexp": "numeric.functions",
    "make_moons": "numeric._synthetic",
    "make_spirals": "numeric._synthetic",
    "mlp_classifier": "numeric._recipes",
    "one_hot": "numeric._checks",
    "recipe": "numeric._recipes",
    "relu": "numeric.functions",
    "relu_derivative": "numeric.functions",
    "scaled_dot_product_attention": "numeric.layers",
    "scaled_dot_product_attention_backward": "numeric.layers",
    "sigmoid": "numeric.functions",
    "sigmoid_derivative": "numeric.functions",
    "silu": "numeric.functions",
    "silu_derivative": "numeric.functions",
    "softmax": "numeric.functions",
    "softmax_cross_entropy": "numeric.functions",
    "softmax_cross_entropy_derivative": "numeric.functions",
    "softmax_derivative": "numeric.functions",
    "softmax_jacobian": "numeric.functions",
    "softplus": "numeric.functions",
    "softplus_derivative": "numeric.functions",
    "squared_error": "numeric.functions",
    "squared_error_derivative": "numeric.functions",
    "staircase": "numeric._schedules",
    "tanh": "numeric.functions",
    "tanh_derivative": "numeric.functions",
    "warm_up": "numeric._schedules",
}

__all__ = sorted(_HOME)  # the table above is the one list of names


def __getattr__(name: str) -> Any:
    """Import a name from its home at first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'numeric' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
