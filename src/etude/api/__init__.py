"""The Array and the functions of it that users call."""
