"""INT8 graphs, calibrated on pictures: for TensorRT (export/plan) and for CPUs (export/tuning)."""
