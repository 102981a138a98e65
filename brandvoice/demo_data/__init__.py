"""The two fictional brands of the demo: their styles and conversations, written for this project."""
