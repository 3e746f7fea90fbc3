"""INT8 graphs, calibrated on pictures: for TensorRT (export/plan) and for CPUs (export/tuning).

    scheme.py           how a network becomes 8 bits
    preparation.py      how a picture becomes what a network is calibrated on; pictures.py reads a folder of them
    seam.py             where the layers with weights end and the exact part begins
    quantize.py         INT8 for the layers with weights, as ONNX Runtime's quantizer makes it
    concatenations.py   parts that are rounded once, by way of quantized_graph.py
    bias.py             biases that make up for what rounding shifts
    cpu.py              all of it, for a CPU

What makes a graph of a graph leaves the given one as it is.
"""
