"""What the plate reader's scores may say, and the probability of each of it."""

from collections.abc import Iterable, Sequence
from itertools import combinations, product

from worker.pipeline.frame import Reading
from worker.pipeline.libraries import torch
from worker.pipeline.ocr.plates.formats import ISSUED_ODDS, is_issued
from worker.pipeline.ocr.plates.network import ALPHABET

# Characters from this probability are right, whatever a number's format makes of another.
EXCHANGE_BELOW_PROBABILITY = 0.9
MOST_EXCHANGEABLE, NEXT_CLASSES = 4, 2
KEEP_FROM_CONFIDENCE = 0.01

Tensor = torch.Tensor


def readings_of(scores: Tensor) -> tuple[Reading, ...]:
    """What a plate may say, most probable first: ``scores`` is (n, 37, 40), n crops of it.

    A confidence is the mean of the text's probability over the crops, weighed by its format.
    """
    texts = sorted({text for one in scores for text in guesses(one)})
    shares = probabilities(scores, texts) if texts else []
    weights = [
        share * (ISSUED_ODDS if is_issued(text) else 1.0)
        for text, share in zip(texts, shares, strict=True)
    ]
    # What is left of the probability lies with texts that nobody would guess, in no format.
    total = sum(weights) + max(0.0, 1 - sum(shares))
    readings = [
        Reading(text, weight / total)
        for text, weight in zip(texts, weights, strict=True)
        if weight >= KEEP_FROM_CONFIDENCE * total
    ]
    return tuple(sorted(readings, key=lambda one: (-one.confidence, one.text)))


def guesses(scores: Tensor) -> list[str]:
    """What one crop may say: its most probable text, and that with doubtful characters exchanged.

    ``scores`` is (37, 40). The MOST_EXCHANGEABLE least probable of the characters that are below
    EXCHANGE_BELOW_PROBABILITY are exchanged for their NEXT_CLASSES (or left out), one or two at a
    time.
    """
    spans = _spans(scores)
    doubtful = [at for at, span in enumerate(spans) if span[0] < EXCHANGE_BELOW_PROBABILITY]
    exchangeable = sorted(doubtful, key=lambda at: spans[at][0])[:MOST_EXCHANGEABLE]
    found = {tuple(span[1][0] for span in spans)}
    for changed in (*combinations(exchangeable, 1), *combinations(exchangeable, 2)):
        choices = [span[1] if at in changed else span[1][:1] for at, span in enumerate(spans)]
        found.update(product(*choices))
    return sorted({_spelled(classes) for classes in found} - {""})


def probabilities(scores: Tensor, texts: Sequence[str]) -> list[float]:
    """The probability of each text, however it is laid over the columns: a mean over the crops.

    ``scores`` is (n, 37, 40), of crops of the same plate.
    """
    crops, _, columns = scores.shape
    logs = scores.log_softmax(1).permute(2, 0, 1).repeat(1, len(texts), 1)
    targets = [ALPHABET.index(c) + 1 for text in texts for c in text * crops]
    lengths = torch.tensor([len(text) for text in texts for _ in range(crops)])
    losses = torch.nn.functional.ctc_loss(
        logs,
        torch.tensor(targets),
        torch.full((len(lengths),), columns),
        lengths,
        reduction="none",
    )
    means = (-losses).exp().view(len(texts), crops).mean(1)
    return [float(mean) for mean in means]


def _spans(scores: Tensor) -> list[tuple[float, tuple[int, ...]]]:
    """Of every character its probability, and its class with the NEXT_CLASSES after it."""
    likely, classes = scores.softmax(0).topk(1 + NEXT_CLASSES, 0)
    spans: list[tuple[float, tuple[int, ...]]] = []
    last = 0
    for probability, found in zip(likely[0].tolist(), classes.T.tolist(), strict=True):
        if found[0] and found[0] != last:
            spans.append((probability, tuple(found)))
        elif found[0] and probability > spans[-1][0]:
            spans[-1] = (probability, tuple(found))
        last = found[0]
    return spans


def _spelled(classes: Iterable[int]) -> str:
    return "".join(ALPHABET[found - 1] for found in classes if found)
