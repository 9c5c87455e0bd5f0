"""Whether measured effects are true ones: orders in a city whose truth is known, measured by the product."""
