"""Gives a plate and the line or the two in it that are its number one answer."""

from collections.abc import Sequence

from worker.pipeline.frame import Detection
from worker.pipeline.ocr.ranking import are_surely_words, is_surely_no_number, pooled, with_rows
from worker.pipeline.ocr.regions import Read, is_surely_a_word, number_lines, number_rows


def agreed(detections: Sequence[Detection], read: Sequence[Read]) -> list[tuple[Detection, Read]]:
    """The detections of one frame, each with what it says.

    A plate whose number surely is a time or a quantity is none, and left out: its line says it.
    So is one whose rows surely are words, as on a sign.
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
    for plate, rows in number_rows(detections).items():
        on_plate, upper, lower = (answers[place] for place in (plate, *rows))
        if on_plate is None or not (upper and lower):
            continue
        if are_surely_words((upper[0], lower[0])):
            del answers[plate]
        else:
            answers[plate] = with_rows(on_plate, upper[0], lower[0])
    return [(detections[place], answer) for place, answer in sorted(answers.items())]
