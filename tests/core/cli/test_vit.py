"""A real CLIP architecture with random weights from a file, in one test, because it is slow."""

import open_clip
import pandas as pd
import torch
from safetensors.torch import save_file


def test_vit_b_32_works_in_all_commands(verb, shapes, workspace, tmp_path):
    torch.manual_seed(0)
    save_file(open_clip.create_model("ViT-B-32").state_dict(), tmp_path / "vit.safetensors")
    pd.read_csv(shapes).head(24).to_csv(tmp_path / "few.csv", index=False)
    verb("import", tmp_path / "few.csv", "--images", shapes.parent / "images", "--domain", "few")
    torch.set_num_threads(2)
    try:
        trained = verb(
            "train", "--domain", "few", "--encoder", f"ViT-B-32:{tmp_path / 'vit.safetensors'}",
            "--tune", "head", "--epochs", 1, "--json",
        )  # fmt: skip
        swept = verb("sweep", "--domain", "few", "--alphas", "0,0.5,1", "--json")
        ranked = verb("rank", "--domain", "few", "--output", tmp_path / "run.tsv", "--json")
    finally:
        torch.set_num_threads(1)
    assert (trained.status, swept.status, ranked.status) == (0, 0, 0)
    assert trained.record["run"] == "vit-b-32-head-1"
    assert [row["n"] for row in swept.record["rows"]] == [5, 5, 5]
    chosen = next(row for row in swept.record["rows"] if row["alpha"] == swept.record["selected"]["alpha"])
    assert ranked.record["metrics"]["mrr@100"] == chosen["mrr@100"]
    weights = workspace.runs_folder("few") / "vit-b-32-head-1" / "weights.safetensors"
    assert weights.stat().st_size < 10_000_000, "the heads alone"
