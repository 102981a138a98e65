"""The starter model: how it was pretrained."""
