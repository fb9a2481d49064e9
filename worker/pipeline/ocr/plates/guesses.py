"""What the plate reader's scores may say, and the probability of each of it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, groupby, product

from config.regions import ANYWHERE
from worker.pipeline.frame import Reading
from worker.pipeline.libraries import torch
from worker.pipeline.ocr.plates.formats import is_issued, odds
from worker.pipeline.ocr.plates.network import ALPHABET

# Characters from this probability are right, whatever a number's format makes of another.
EXCHANGE_BELOW_PROBABILITY = 0.9
MOST_EXCHANGEABLE, NEXT_CLASSES = 4, 2
KEEP_FROM_CONFIDENCE = 0.01
# On many plates these are one sign: what the network makes of the difference counts as the root of
# its odds, and the number's format tells them apart.
LOOK_ALIKES = {"0": "0O", "O": "0O", "1": "1I", "I": "1I"}
LOOK_ALIKE_ROOT = 4
# Most authorities leave out the letters that look like digits, and no word on a sign has a zero.
AVOIDED_IN_NUMBERS, AVOIDED_IN_WORDS, AVOIDED_ODDS = "IO", "0", 1 / 3

Tensor = torch.Tensor


def readings_of(scores: Tensor, region: str = ANYWHERE) -> tuple[Reading, ...]:
    """What a plate may say, most probable first: ``scores`` is (n, 37, 40), n crops of it.

    A confidence is the mean of the text's probability over the crops, weighed by its format.
    region: whose formats count, see ``formats``.
    """
    guessed = {text for one in scores for text in guesses(one)}
    texts = sorted({like for text in guessed for like in _alike(text, region)})
    shares = probabilities(scores, texts) if texts else []
    weights = [
        share * odds(text, region)
        for text, share in zip(texts, _told_apart(texts, shares), strict=True)
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


def _alike(text: str, region: str) -> Iterator[str]:
    """The text, and what of its look is in a format."""
    yield text
    if (word := _as_word(text)).isalpha():
        yield word
    for characters in product(*(LOOK_ALIKES.get(one, one) for one in text)):
        if is_issued(like := "".join(characters), region):
            yield like


def _told_apart(texts: Sequence[str], shares: Sequence[float]) -> list[float]:
    """The texts' probabilities, those of one look dealt out anew among them."""
    dealt: dict[str, float] = {}
    by_look = sorted(zip(texts, shares, strict=True), key=lambda pair: _look(pair[0]))
    for _, group in groupby(by_look, key=lambda pair: _look(pair[0])):
        alike = list(group)
        roots = [share ** (1 / LOOK_ALIKE_ROOT) * _avoided_odds(text) for text, share in alike]
        # What no crop says at all has no share to deal out.
        factor = sum(share for _, share in alike) / (sum(roots) or 1.0)
        dealt |= {text: root * factor for (text, _), root in zip(alike, roots, strict=True)}
    return [dealt[text] for text in texts]


def _avoided_odds(text: str) -> float:
    avoided = AVOIDED_IN_WORDS if _as_word(text).isalpha() else AVOIDED_IN_NUMBERS
    return AVOIDED_ODDS ** sum(character in avoided for character in text)


def _as_word(text: str) -> str:
    return text.replace("0", "O")


def _look(text: str) -> str:
    return "".join(LOOK_ALIKES.get(one, one) for one in text)


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
