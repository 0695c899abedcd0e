"""Example with your own model: train with PyTorch and open_clip, then mix, measure and search with Rematch.

    python examples/own_model.py my-news ViT-B-32-quickgelu openai

The domain must exist (`rematch import`, or `rematch demo` and demo-rss). Rematch needs the name of the model that you
started from, and a file with the weights after your training. OpenAI's weights were trained with QuickGELU, so the
name of the architecture in open_clip ends with `-quickgelu`.
"""

import sys
from pathlib import Path

import open_clip
import torch
from PIL import Image
from safetensors.torch import save_file

import rematch as rm

PAIRS, STEPS, BATCH = 256, 20, 32


def main(domain_name: str, architecture: str, pretrained: str) -> rm.Run:
    """Train a model, import it as a run, print the comparison of its three models, and return the run."""
    domain = rm.Workspace().domain(domain_name)
    file = Path("own-model.safetensors")
    save_file(train(domain, architecture, pretrained).state_dict(), file, {"format": "pt"})

    run = domain.import_run(zero_shot=f"{architecture}:{pretrained}", fine_tuned=file)
    sweep = run.sweep()
    print(f"{run.name}: alpha {sweep.best_alpha:g} is best on val")
    print(run.compare("mrr@100").round(3).to_string())

    with run.at(sweep.best_alpha) as model:
        mixed = model.open_clip()
        found = model.find_images("people in the rain", k=3)
    print(found[["score", "title"]].to_string())

    # The model is a plain open_clip model: from here on Rematch is not needed.
    tokens = open_clip.get_tokenizer(architecture)(["people in the rain"])
    with torch.inference_mode():
        device = next(mixed.parameters()).device
        print(mixed.encode_text(tokens.to(device), normalize=True).shape)
    return run


def train(domain: rm.Domain, architecture: str, pretrained: str) -> torch.nn.Module:
    """Fine-tune both projections with CLIP's loss on the first train pairs; replace this with your own loop."""
    model, _, transform = open_clip.create_model_and_transforms(architecture, pretrained=pretrained)
    tokenize = open_clip.get_tokenizer(architecture)
    articles = domain.articles.query("split == 'train'").head(PAIRS)
    images = torch.stack([transform(Image.open(file).convert("RGB")) for file in domain.image_files(articles)])
    texts = tokenize(articles["title"].tolist())
    tuned = [model.visual.proj, model.text_projection]
    optimizer = torch.optim.AdamW(tuned, lr=1e-4)
    torch.manual_seed(0)
    model.eval()
    for _ in range(STEPS):
        batch = torch.randperm(len(images))[:BATCH]
        image, text, scale = model(images[batch], texts[batch])
        logits, target = scale * image @ text.T, torch.arange(len(batch))
        loss = torch.nn.functional.cross_entropy(logits, target) + torch.nn.functional.cross_entropy(logits.T, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


if __name__ == "__main__":
    main(*sys.argv[1:4])
