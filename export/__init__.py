"""Checkpoint -> ONNX -> TensorRT -> model repository, with proof that the result equals the original.

    weights.py      which weights: the local folder, the official address, or (only when asked) untrained ones
    detector.py     the PyTorch model, and the network around it that becomes the graph
    head.py         its last layer, and blocks.py the ones that are rebuilt for runtimes
    convert.py      PyTorch -> ONNX
    verify.py       the graph against the original model on the same pixels
    config.py       config.pbtxt from the graph and the hand-written serving profiles
    plan/           the TensorRT plan, where one is asked for
    publish.py      the engine folder, replaced in one step

PyTorch and ultralytics are imported only by the modules that run a network, and those only when one is exported.
"""
