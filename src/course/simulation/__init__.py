"""Simulations that stand beside a formula: they do what it assumes, and what it leaves out."""
