"""Numerical verification of pure JAX functions."""
