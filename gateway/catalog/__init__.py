"""What is for sale: pools, SKUs, campaigns and who may buy them."""
