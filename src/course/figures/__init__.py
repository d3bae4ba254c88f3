"""The lessons' static charts, one module a layer: each takes rows or models and returns a chart with its words."""
