"""HTTP in, gRPC to Triton: uploads are checked, sent on encoded, and answered as JSON or as an annotated picture.

The way of a request, module by module: `middleware/` (id, log line, unexpected errors, body cap) → `routes/` →
`tasks/` (parameters) → `negotiation` → `upload` → `inference` → `admission` → `triton/` → `tasks/` (the answer).
Nothing in here knows about neural networks: what can be asked for is learned from Triton.
"""
