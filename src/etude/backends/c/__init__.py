"""Programs as C: code generation, compilation and calling."""
