"""Rules as claims to be checked: soundness, termination, confluence, coverage."""
