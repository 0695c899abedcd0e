"""Throughput, memory and correctness on an accelerator, against a plain open_clip loop on the same machine."""
