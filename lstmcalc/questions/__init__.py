"""What is asked of models and of their facts."""
