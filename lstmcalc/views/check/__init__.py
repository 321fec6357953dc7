"""What `check` prints of budgets that were held."""
