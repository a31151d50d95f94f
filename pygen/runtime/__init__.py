"""What generated Python is made of."""
