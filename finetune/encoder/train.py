"""The whole training of the Chinese extension, from data to the file that ships."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from finetune.encoder.dictionary import words
from finetune.encoder.distil import Schedule, Source, distil
from finetune.encoder.glossary import distinct, read_glossary
from finetune.encoder.pairs import Pair, dictionary_pairs, read_sentences
from finetune.encoder.start import choose_characters, untrained
from finetune.encoder.student import Student
from finetune.encoder.teacher import teacher_vectors
from retrieval.encoder.extension import Extension
from retrieval.encoder.routed import batches_by_length, padded

logger = logging.getLogger(__name__)

RANK = 80  # with 4,300 rows: 5 MB
COMPOSED = 30_000
_HEADWORDS = 40_000


@dataclass(frozen=True)
class Material:
    """All pairs, by source."""

    sentences: list[Pair]
    validation: list[Pair]
    headwords: list[Pair]
    terms: list[Pair]
    composed: list[Pair]
    talk: list[Pair]
    start: Extension


def gather(sentences: Path) -> Material:
    """Reads and composes everything that is trained on.

    Args:
        sentences: Parquet file of sentence pairs, see ``pairs.read_sentences``.

    Raises:
        TrainingDataError: data is missing or malformed.
    """
    split, dictionary, glossary = read_sentences(sentences), words(), read_glossary()
    own = distinct(glossary.terms() + glossary.compose(COMPOSED))
    terms, composed = own[: len(glossary.terms())], own[len(glossary.terms()) :]
    written = [pair.chinese for pair in split.train + own + glossary.sentences]
    start = untrained(choose_characters(written, dictionary), dictionary)
    headwords = dictionary_pairs(dictionary, start.characters)
    chosen = np.random.default_rng(0).permutation(len(headwords))[:_HEADWORDS]
    return Material(
        sentences=split.train,
        validation=split.validation,
        headwords=[headwords[i] for i in chosen],
        terms=terms,
        composed=composed,
        talk=glossary.sentences,
        start=start,
    )


@dataclass(frozen=True)
class TrainingRun:
    """Where a training reads and writes.

    Attributes:
        sentences: Parquet file of sentence pairs.
        output: the extension to write.
        cache: folder where the teacher's vectors are kept.
        device: of torch.
        start: an extension to go on from; default: untrained rows and an empty adapter.
    """

    sentences: Path
    output: Path
    cache: Path
    device: str
    start: Path | None = None


def train_encoder(run: TrainingRun, schedule: Schedule) -> None:
    """Trains the extension and writes it, now and then while it trains too.

    Raises:
        TrainingDataError: data is missing or malformed.
        WeightsError: the packaged weights or ``run.start`` are not usable.
    """
    material = gather(run.sentences)

    def source(name: str, pairs: list[Pair], share: float) -> Source:
        english = [pair.english for pair in pairs]
        targets = teacher_vectors(english, run.cache, run.device)
        return Source(name, [pair.chinese for pair in pairs], targets, share)

    sources = [
        source("sentences", material.sentences, 0.36),
        source("headwords", material.headwords, 0.14),
        source("terms", material.terms, 0.12),
        source("composed", material.composed, 0.26),
        source("talk", material.talk, 0.04),
    ]
    # Some English keeps the bilingual body at home there too: for mixed texts, and for those who
    # put a head of their own on it.
    for original in (sources[0], sources[3]):
        pairs = material.sentences if original is sources[0] else material.composed
        english = [pair.english for pair in pairs]
        sources.append(Source(f"{original.name}, English", english, original.targets, 0.04))

    student = Student(material.start if run.start is None else Extension.load(run.start), RANK)
    validation = source("validation", material.validation, 0.0)

    def report(step: int, trained: Student) -> None:
        there, back = crossing(trained, validation, run.device)
        logger.info("step %d: validation zh-en %.3f, en-zh %.3f", step, there, back)
        _save(trained, run.output)

    distil(student, sources, schedule, run.device, report)
    _save(student, run.output)


def crossing(student: Student, pairs: Source, device: str) -> tuple[float, float]:
    """Top-1 accuracy of finding the translation among ``pairs``: Chinese to English, and back."""
    encodings = student.tokenizer.encode_batch(list(pairs.texts))
    vectors = np.zeros(pairs.targets.shape, dtype=np.float32)
    for batch in batches_by_length(encodings):
        ids, mask = padded([encodings[i] for i in batch])
        with torch.inference_mode():
            found = student(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        vectors[batch] = found.cpu().numpy()
    scores = vectors @ pairs.targets.astype(np.float32).T
    right = np.arange(len(scores))
    return float((scores.argmax(axis=1) == right).mean()), float(
        (scores.argmax(axis=0) == right).mean()
    )


def _save(student: Student, output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_suffix(".part")
    student.extension().save(part)
    part.replace(output)
