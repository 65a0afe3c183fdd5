"""Several processes train one model: the first one reports, and all of them end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TIMEOUT = 600  # seconds
pytestmark = pytest.mark.timeout(TIMEOUT + 60)

BEGIN = """
import os, sys, torch
from pathlib import Path
from sherpa_core import Continuous, Study

class StopAfter:
    def should_trial_stop(self, trial):
        return trial.num_observations >= 2

rank = int(os.environ["RANK"])
study = Study([Continuous("rate", [0.05, 0.2])], "random", stopping_rule=StopAfter())
trial = study.get_suggestion()
x = torch.randn(64, 3)
"""

TRANSFORMERS = """
import transformers
from sherpa_contrib.transformers import SherpaCallback

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def forward(self, inputs, labels):
        found = self.layer(inputs)
        return {"loss": torch.nn.functional.mse_loss(found, labels), "logits": found}

rows = [{"inputs": each, "labels": each.sum()[None]} for each in x]
options = transformers.TrainingArguments(
    sys.argv[1], num_train_epochs=6, eval_strategy="epoch", save_strategy="no", report_to=[],
    disable_tqdm=True, use_cpu=True,
)
callbacks = [SherpaCallback(trial, study)]
trainer = transformers.Trainer(
    Model(), options, train_dataset=rows, eval_dataset=rows, callbacks=callbacks
)
trainer.train()
epochs = round(trainer.state.epoch)
"""

LIGHTNING = """
import lightning.pytorch as lightning
from sherpa_contrib.lightning import SherpaCallback

class Model(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def training_step(self, batch, index):
        loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
        self.log("train_loss", loss, on_epoch=True, sync_dist=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)

data = torch.utils.data.TensorDataset(x, x.sum(1, keepdim=True))
trainer = lightning.Trainer(
    accelerator="cpu", devices=2, strategy="ddp", max_epochs=6, logger=False,
    enable_checkpointing=False, enable_progress_bar=False, callbacks=[SherpaCallback(trial, study)],
)
trainer.fit(Model(), torch.utils.data.DataLoader(data, 16))
epochs = trainer.current_epoch
"""

END = """
Path(sys.argv[1], str(rank)).write_text(f"{epochs} epochs, {trial.num_observations} reports")
"""


@pytest.mark.parametrize(
    "training",
    [pytest.param(TRANSFORMERS, id="transformers"), pytest.param(LIGHTNING, id="lightning")],
)
def test_the_first_process_reports_and_all_end(training: str, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(BEGIN + training + END)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launch, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "0").read_text() == "2 epochs, 2 reports"
    assert (tmp_path / "1").read_text() == "2 epochs, 0 reports"
