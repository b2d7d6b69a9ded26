"""How a classifier is trained: every knob, with defaults that do well on small intent sets."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from finetune.text.noise import NoiseRates


class Recipe(BaseModel):
    """Written into every run's folder; the same recipe, data and seed give the same model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body: str = Field(
        "auto",
        description="minilm, bilingual, mpnet, or any AutoModel by name or folder; auto: bilingual "
        "where the data holds Chinese, else minilm.",
    )
    epochs: int = Field(12, ge=0)
    batch: int = Field(32, ge=1, description="Texts in one step on the device.")
    accumulate: int = Field(1, ge=1, description="Steps whose gradients make one update.")
    rate: float = Field(3e-4, gt=0, description="Peak learning rate of the body (or its adapter).")
    head_rate: float = Field(2e-3, gt=0, description="Peak learning rate of the head.")
    warm_up: float = Field(0.1, ge=0, le=1, description="Share of the updates that warm up.")
    weight_decay: float = Field(0.01, ge=0)
    dropout: float = Field(0.1, ge=0, lt=1)
    attention_dropout: float = Field(
        0.1, ge=0, lt=1, description="Without it a step takes two thirds of the time on a CPU."
    )
    label_smoothing: float = Field(0.05, ge=0, lt=1)
    neighbours: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of an example that its label's neighbours get, where there are more "
        "than two labels and in order, as stars are.",
    )
    class_weights: Literal["none", "balanced"] = "none"
    lora_rank: int = Field(0, ge=0, description="0 trains the whole body.")
    fgm: float = Field(0.0, ge=0, description="Length of the adversarial nudge; 0 is off.")
    r_drop: float = Field(0.0, ge=0, description="Weight of the R-Drop term; 0 is off.")
    freeze_words: bool = Field(
        False, description="Leave the table of word embeddings as it is; a step is a fifth quicker."
    )
    prototypes: bool = Field(
        False, description="Start the head at the mean vector of each label, not at random."
    )
    teacher_weight: float = Field(0.7, ge=0, le=1, description="Of a teacher, where there is one.")
    noise: NoiseRates | None = Field(NoiseRates(), description="Noise of each epoch; null is none.")
    variants: float = Field(
        0.3, ge=0, le=1, description="How often one of its variants stands for an example."
    )
    compile: bool = Field(False, description="torch.compile; on CUDA only.")
    patience: int = Field(4, ge=1, description="Epochs without progress before stopping.")
    max_tokens: int = Field(64, ge=4)
    seed: int = 7
