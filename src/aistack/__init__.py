"""What is taught: one small module of pure functions per layer of the stack."""
