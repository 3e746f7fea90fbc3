"""Triton over gRPC: the calls, their errors, their tensors. Nothing else in the gateway knows the protocol."""
