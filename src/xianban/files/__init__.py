"""Photographs and documents: kept clean, once, and shown to whoever may see what they belong to."""
