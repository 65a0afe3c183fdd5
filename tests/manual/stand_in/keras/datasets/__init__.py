"""Data sets: in place of MNIST, which would be downloaded, scikit-learn's digits."""
