"""The whole stack on one machine: Triton, the gateway and the page as one foreground command."""
