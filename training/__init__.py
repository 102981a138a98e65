"""How a dataset becomes a voice: recipe, fine-tuning, evaluation, gate."""
