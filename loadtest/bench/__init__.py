"""The benchmark: the stack beside what people would write instead, in one run, with ratios first."""
