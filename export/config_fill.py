"""Complete a serving profile with what follows from the graph and the largest batch."""

from collections.abc import Mapping

from tritonclient.grpc.model_config_pb2 import ModelConfig, ModelWarmup

from export.errors import ConfigError


def fill_profile(profile: ModelConfig, config: ModelConfig, image_size: int) -> None:
    """Complete `profile` in place.

    Args:
        profile: the hand-written part; batch sizes above the largest are dropped from it
        config: the generated part, which names inputs, types and the largest batch
        image_size: side in pixels of the square that stands for a dimension the graph leaves open

    Raises:
        ConfigError: a warm-up names an input the graph does not have
    """
    for warmup in profile.model_warmup:
        _fill_warmup(warmup, config, image_size)
    batching = profile.dynamic_batching
    fitting = [size for size in batching.preferred_batch_size if size <= config.max_batch_size]
    batching.preferred_batch_size[:] = fitting
    for accelerator in profile.optimization.execution_accelerators.gpu_execution_accelerator:
        if accelerator.name == "tensorrt":
            accelerator.parameters.update(_shape_range(config, image_size))


def _fill_warmup(warmup: ModelWarmup, config: ModelConfig, image_size: int) -> None:
    inputs = {each.name: each for each in config.input}
    warmup.batch_size = warmup.batch_size or config.max_batch_size
    for name, sample in warmup.inputs.items():
        if name not in inputs:
            raise ConfigError(f"warm-up {warmup.name!r} names input {name!r}; the graph has {', '.join(inputs)}")
        sample.data_type = sample.data_type or inputs[name].data_type
        sample.dims[:] = sample.dims or _closed(inputs[name].dims, image_size)


def _shape_range(config: ModelConfig, image_size: int) -> Mapping[str, str]:
    """Return the shapes of one TensorRT engine: squares, as the letterbox for a GPU makes, of every batch size."""

    def shape(batch: int) -> str:
        return ",".join(
            f"{each.name}:" + "x".join(str(size) for size in [batch, *_closed(each.dims, image_size)])
            for each in config.input
        )

    largest = shape(config.max_batch_size)
    return {"trt_profile_min_shapes": shape(1), "trt_profile_opt_shapes": largest, "trt_profile_max_shapes": largest}


def _closed(dims: list[int], image_size: int) -> list[int]:
    return [image_size if size < 0 else size for size in dims]
