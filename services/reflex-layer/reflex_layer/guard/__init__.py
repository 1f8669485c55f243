"""The guard: a classifier of the operator's own, asked beside the rules. Off by default.

`guarded.Guarded` is what the service holds; `opening` makes the guard that REFLEX_GUARD names:
`onnx.OnnxGuard` runs a model in this process, `remote.RemoteGuard` asks one over HTTP.
`judgement` says what a guard answers, and what becomes of a verdict by it.
"""
