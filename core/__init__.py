"""Rematch: match news articles with their images, and see what fine-tuning CLIP changes, article by article.

This package is the library and the command line; it does not depend on the app in ``pages``. Data flows in one
direction: ``data`` → ``encoders`` → ``retrieval`` → ``analysis`` → ``report``. ``training`` and ``interpolation``
provide weights for the encoders, and ``workspace`` stores the results.
"""

__version__ = "0.1.0"
