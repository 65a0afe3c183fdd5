"""Scikit-learn's digits, in the form of MNIST."""

from __future__ import annotations

from typing import Any


def load_data() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return (images[:1200], labels[:1200]), (images[1200:], labels[1200:])
