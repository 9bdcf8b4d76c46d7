"""Names of the components that callbacks and the browser's own scripts refer to."""

from __future__ import annotations

from typing import Final

URL: Final = "url"
PAGE: Final = "page"
TITLE: Final = "page-title"
ANNOUNCE: Final = "announce"

MAP: Final = "map"
MAP_AREAS: Final = "map-areas"
MAP_QUESTION: Final = "map-question"
MAP_VALUES: Final = "map-values"
MAP_DRAWN: Final = "map-drawn"
LEGEND: Final = "legend"

LIST_QUESTION: Final = "list-question"
LIST_ROWS: Final = "list-rows"
LIST_BODY: Final = "list-body"
LIST_COUNT: Final = "list-count"
LIST_DRAWN: Final = "list-drawn"

AREA_QUESTION: Final = "area-question"
AREA_PANEL: Final = "area-panel"
AREA_DRAWN: Final = "area-drawn"

CONTROLS: Final = "controls"

COMPARE_QUESTION: Final = "compare-question"
COMPARE_ANSWER: Final = "compare-answer"
COMPARE_DRAWN: Final = "compare-drawn"
