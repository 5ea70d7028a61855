"""The shared look: base layouts, components, fragments."""
