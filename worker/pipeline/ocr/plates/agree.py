"""Gives a plate and the line in it that is its number one answer."""

from collections.abc import Sequence

from worker.pipeline.frame import Detection
from worker.pipeline.ocr.ranking import is_surely_no_number, pooled
from worker.pipeline.ocr.regions import Read, is_surely_a_word, number_lines


def agreed(detections: Sequence[Detection], read: Sequence[Read]) -> list[tuple[Detection, Read]]:
    """The detections of one frame, each with what it says.

    A plate whose number surely is a time or a quantity is none, and left out: its line says it.
    """
    answers = dict(enumerate(read))
    for plate, line in number_lines(detections).items():
        on_plate, in_line = read[plate], read[line]
        if on_plate is None or in_line is None:
            continue
        no_number = [one for one in (in_line, on_plate) if is_surely_no_number(one)]
        if no_number:
            del answers[plate]
            answers[line] = no_number[0]
            continue
        answers[plate] = pooled(on_plate, in_line)
        if not is_surely_a_word(in_line):
            answers[line] = answers[plate]
    return [(detections[place], answer) for place, answer in sorted(answers.items())]
