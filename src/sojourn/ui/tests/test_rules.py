"""What every template must keep to, and every style sheet: the content security policy, and what can be pressed by a finger."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
MAIL = ("actions",)
TEMPLATES = sorted(path for path in HOUSE.glob("**/templates/**/*.html") if path.relative_to(HOUSE).parts[0] not in MAIL)
INLINE = re.compile(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\bnonce=)(?![^>]*application/json)", re.IGNORECASE)


def test_there_are_templates_to_look_at():
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_template_has_nothing_that_the_content_security_policy_forbids(path):
    assert INLINE.findall(path.read_text()) == []


@pytest.mark.parametrize("bad", ['<p style="x">', "<style>", '<a onclick="x()">', "<a href='javascript:x'>", "<script>x</script>", '<script src="x">'])
def test_what_is_forbidden_is_found(bad):
    assert INLINE.search(bad)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_form_that_changes_something_carries_its_token(path):
    if "unsubscribe" in path.name:  # one click, from a mail, by whoever holds the link: it has no session to protect
        return
    for form in re.findall(r"<form\b[^>]*method=[\"']post[\"'].*?</form>", path.read_text(), re.DOTALL | re.IGNORECASE):
        assert "{% csrf_token %}" in form


def test_the_script_evaluates_no_text():
    sources = sorted((HOUSE.parents[1] / "frontend/ui/src").glob("*.ts"))
    assert len(sources) > 10
    for path in sources:
        assert re.findall(r"\beval\(|new Function|insertAdjacentHTML|outerHTML\s*=|document\.write", path.read_text()) == []
