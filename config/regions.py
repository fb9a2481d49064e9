"""The countries whose plates' formats a submission may name; worker.pipeline knows the formats."""

ANYWHERE = "auto"
# By ISO 3166 code.
REGIONS = tuple(
    str.split(
        "ar at au be bg br ca ch cz de dk ee es fi fr gb gr hr hu ie in it lt lu lv mx "
        "nl no pl pt ro rs se si sk tr us za"
    )
)
