"""What is done with a model: fine-tune it, answer questions with it, score the answers."""
