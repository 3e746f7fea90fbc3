#!/usr/bin/env bash
# Classify straight through Triton, over HTTP: examples/http_client.sh photo.jpg
set -euo pipefail
# KServe v2 with binary data: a JSON header, then the tensor: four bytes of length and the picture itself.
picture=$1
header='{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":'$(($(stat -c %s "$picture") + 4))'}}]}'
length=$(printf '%08x' "$(stat -c %s "$picture")")
{ printf '%s' "$header"; printf "\\x${length:6:2}\\x${length:4:2}\\x${length:2:2}\\x${length:0:2}"; cat "$picture"; } |
  curl -sS -H "Inference-Header-Content-Length: ${#header}" -H 'Content-Type: application/octet-stream' \
    --data-binary @- http://127.0.0.1:8000/v2/models/classify/infer
