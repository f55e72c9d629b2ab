"""What one costs: rows of prices with conditions, and the floors below them."""
