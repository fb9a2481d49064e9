"""What READER_LANGUAGES can do: ``python -m worker.training.evaluation.languages WEIGHTS``.

Pages of lines in five languages are found and read with English data, with the language's own,
and with both, its own first. The data are the packages ``tessdata.fast-LANGUAGE``.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import MappingProxyType

from rich.console import Console
from rich.table import Table

from config.settings import PipelineSettings, SettingsError
from worker.training.evaluation.finding import MEASURING_SEED, open_detector
from worker.training.evaluation.reading import Looker
from worker.training.evaluation.scenes import QUALITY, Scene, document
from worker.training.evaluation.scoring import Estimate
from worker.training.evaluation.words import recall_and_precision, words_of
from worker.training.synth.assets import Assets, AssetsMissing, load_assets
from worker.training.synth.degrade import video_frame
from worker.training.synth.rng import Rng

# By Tesseract's names, words that are common in each, with the letters that English lacks.
WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        language: tuple(words.split())
        for language, words in {
            "deu": "straße öffnen schließen für größe tür müll grün süß früh Ausgang Eingang über "
            "Wärme Gebühr heute morgen Bahnhof Gleis Zug Verspätung täglich geöffnet Öl Käse",
            "fra": "été forêt façade entrée élève où très première sortie gare fermé ouvert à côté "
            "déjà château garçon hôtel numéro août crème brûlée fenêtre leçon marché",
            "pol": "wyjście wejście ulica świeży chleb żółty źródło mąka gęś łódź dworzec pociąg "
            "opóźnienie sklep otwarte zamknięte dzień środa piątek książka cześć życie",
            "rus": "выход вход улица свежий хлеб вокзал поезд магазин открыто закрыто сегодня "
            "завтра книга жизнь площадь объявление билет касса щука ёлка цена рубль",
            "ell": "έξοδος είσοδος δρόμος φρέσκο ψωμί σταθμός τρένο ανοικτό κλειστό σήμερα αύριο "
            "βιβλίο ζωή πλατεία εισιτήριο τιμή ευρώ θάλασσα ήλιος νερό γάλα",
        }.items()
    }
)
WORDS_A_LINE = (3, 6)


def main() -> None:
    """Measures and prints, or says in one line what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.evaluation.languages", description=__doc__
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("--pages", type=int, default=8, help="pages of each language")
    options = parser.parse_args()
    drawn = Table("language", "READER_LANGUAGES", "words recall", "words precision", "words")
    try:
        assets, detector = load_assets(), open_detector(options.weights)
        for language, data in product(WORDS, ("eng", "{}", "{}+eng")):
            languages = data.format(language)
            looker = Looker(detector, PipelineSettings(reader_languages=languages))
            pages = [page(assets, language, index) for index in range(options.pages)]
            recall, precision = recall_and_precision(
                (
                    words_of(" ".join(text for text, _ in one.lines)),
                    words_of(looker.text(one.picture)),
                )
                for one in pages
            )
            drawn.add_row(language, languages, *map(_cell, (recall, precision)), str(recall.cases))
    except (SettingsError, AssetsMissing) as error:
        parser.error(str(error))
    Console().print(drawn)


def page(assets: Assets, language: str, index: int) -> Scene:
    """A page in a language of WORDS: the same for the same assets and index.

    Raises ``AssetsMissing`` where no font has its letters.
    """
    rng = Rng(MEASURING_SEED, list(WORDS).index(language), index)
    able = _able(assets, language)
    picture, lines = document(rng, able, lambda rng: _line(rng, language))
    return Scene(video_frame(picture, quality=QUALITY, shift=0), tuple(lines))


def _able(assets: Assets, language: str) -> Assets:
    letters = "".join(WORDS[language])
    written = letters + letters.upper()
    families = (tuple(face for face in faces if face.has(written)) for faces in assets.families)
    able = replace(assets, families=tuple(faces for faces in families if faces))
    if not able.families:
        raise AssetsMissing(f"no font has the letters of {language}; install packages.txt")
    return able


def _line(rng: Rng, language: str) -> str:
    words = " ".join(rng.pick(WORDS[language]) for _ in range(rng.integer(*WORDS_A_LINE)))
    return rng.pick((words, words.upper(), words.capitalize()))


def _cell(figure: Estimate) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


if __name__ == "__main__":
    main()
