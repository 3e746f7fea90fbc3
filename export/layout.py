"""The names of the files in an engine folder."""

CONFIG_FILE = "config.pbtxt"
GPU_CONFIG_FILE = "configs/gpu.pbtxt"
LABELS_FILE = "labels.txt"
PREPROCESSING_FILE = "preprocessing.json"
MODEL_FILE = "model.onnx"
INT8_FILE = "model.int8.onnx"
PARITY_FILE = "parity.json"
PLAN_FILE = "model.plan"
PLAN_RECORD_FILE = "plan.json"
ENGINE_FILES = (CONFIG_FILE, GPU_CONFIG_FILE, LABELS_FILE, PARITY_FILE, f"1/{MODEL_FILE}")
