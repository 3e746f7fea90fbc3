"""The whole stack on one machine: Triton and the gateway as one foreground command."""
