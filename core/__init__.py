"""Rematch: which photo belongs to which news article, and what fine-tuning CLIP did to that skill.

Everything in this package is true without a browser. Data walks through its wings in one direction:
``data`` → ``encoders`` → ``retrieval`` → ``analysis`` → ``report``; ``training`` and ``interpolation``
feed weights to the encoders, ``workspace`` keeps what came out.
"""

__version__ = "0.1.0"
