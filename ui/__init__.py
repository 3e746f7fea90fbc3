"""The page for people: pictures in, what the models see out. It talks to the gateway and to nothing else."""
