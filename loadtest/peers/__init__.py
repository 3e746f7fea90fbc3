"""What people would write instead of this stack: small comparable servers, each with its threads set well.

All take the picture as the part `file` of a form at POST /predict, use the same thresholds, and answer in the
gateway's JSON. They load the same ONNX file as the stack, so its in-graph cast, scaling and top-k help them too.
"""
