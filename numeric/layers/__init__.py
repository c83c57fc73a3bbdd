"""Layers with hand-written backward passes: each file holds its equations, its forward and its backward pass."""

from numeric.layers._attention import (
    Attended,
    attention_mask,
    scaled_dot_product_attention,
    scaled_dot_product_attention_backward,
)
from numeric.layers._batch_norm import BatchNorm
from numeric.layers._convolution import Conv2d
from numeric.layers._embedding import Embedding
from numeric.layers._heads import MultiHeadAttention
from numeric.layers._layer_norm import LayerNorm, RMSNorm
from numeric.layers._pooling import AvgPool2d, MaxPool2d
from numeric.layers._shape import Dropout, Flatten, Residual
from numeric.layers._swiglu import SwiGLU

__all__ = [
    "Attended",
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Dropout",
    "Embedding",
    "Flatten",
    "LayerNorm",
    "MaxPool2d",
    "MultiHeadAttention",
    "RMSNorm",
    "Residual",
    "SwiGLU",
    "attention_mask",
    "scaled_dot_product_attention",
    "scaled_dot_product_attention_backward",
]
