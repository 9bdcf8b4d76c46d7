"""Policy: layers, indicators, weights, scores, uncertainty, evidence, and the published run."""
