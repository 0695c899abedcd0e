"""Tests. A package, since an installed one of the same name would hide it from the processes that tests start."""
