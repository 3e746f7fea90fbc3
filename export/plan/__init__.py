"""ONNX -> TensorRT plan, for the GPU and the TensorRT of the machine that will serve it.

    square.py       the graph at the one picture size that a GPU is given
    typed.py        the graph in FP32, FP16 or INT8 (export/quantization); TensorRT takes the types as they are
    toolkit.py      what is asked of TensorRT; polygraphy_toolkit.py asks the real one
    prove.py        the typed graph and the plan against the original model
    record.py       what a plan was built from and for, and why it does not fit this machine any more
    steps.py        all of it, into the engine folder

What tells whether a plan is there and fits (calibration, machine, record, wanted) needs the standard library alone.
"""
