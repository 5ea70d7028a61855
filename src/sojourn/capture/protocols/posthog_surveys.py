"""PostHog's survey events as the properties of ours: one answer a question, with a score where the answer is a number."""

import re
from typing import Any

from sojourn.capture.protocols.wording import first, some

Json = dict[str, Any]


def surveyed(name: str, props: Json) -> list[Json]:
    """The properties of each event called `name` that a survey's event stands for; takes what it reads out of `props`."""
    survey = first(props.pop("$survey_name", None), props.get("$survey_id"))
    base = {**some(survey=survey, survey_id=props.pop("$survey_id", None))}
    questions = props.pop("$survey_questions", None)
    answers = [(key, props.pop(key)) for key in sorted(key for key in props if key.startswith("$survey_response"))]
    rest = {key: value for key, value in props.items() if not key.startswith("$survey")}
    if name != "Survey Answered" or not answers:
        return [{**rest, **base}]
    asked = questions if isinstance(questions, list) else []
    return [{**rest, **base, **_answer(answer, _question(asked, key, number))} for number, (key, answer) in enumerate(answers)]


def _question(asked: list[Any], key: str, number: int) -> Json:
    """The question that a response key names: by its id, or by its number."""
    mark = key.removeprefix("$survey_response").lstrip("_")
    by_id = next((one for one in asked if isinstance(one, dict) and mark and str(one.get("id")) == mark), None)
    if by_id is None and (number := int(mark) if mark.isdecimal() else number) < len(asked):
        by_id = asked[number] if isinstance(asked[number], dict) else None
    return by_id or {}


def _answer(answer: Any, question: Json) -> Json:
    """A score where the answer is a number, its kind by the scale that was asked, else a text."""
    text = str(answer).strip() if answer is not None else ""
    score = float(text) if re.fullmatch(r"-?\d{1,6}(?:\.\d{1,6})?", text) else None
    scale = question.get("scale")
    kind = {10: "nps", 5: "csat", 7: "ces"}.get(scale, "rating") if score is not None and isinstance(scale, int) else "rating" if score is not None else "open"
    said = some(question=first(question.get("question"), question.get("originalQuestion")), question_id=question.get("id"), kind=kind)
    return {**said, **({"score": int(score) if score.is_integer() else score} if score is not None else {"text": answer if isinstance(answer, list) else text})}
