"""What OctoPrint's plugin reviewers and their scanner look for, and the house's own habits.

The codes in the names of the tests are those of the reviewers' scanner (octoscanner).
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

from tests.unit.sources import FOLDER, PACKAGE, ROOT, dotted, files, modules, nodes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PLUGIN = [module for module in modules() if module.room == "plugin"]


def classes_with(mixin: str) -> list[tuple[str, ast.ClassDef]]:
    """Classes that name this mixin of OctoPrint's among their own bases."""
    return [
        (module.where(node), node)
        for module, node in nodes(ast.ClassDef)
        if any(dotted(base).rpartition(".")[2] == mixin for base in node.bases)
    ]


def answers(where: str, node: ast.ClassDef, method: str) -> bool:
    """What a method of the class returns, which has to be one constant."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == method:
            returns = [each for each in ast.walk(item) if isinstance(each, ast.Return)]
            assert len(returns) == 1, f"{where}: {method} has several answers"
            return ast.literal_eval(returns[0].value)
    raise AssertionError(f"{where}: {node.name} does not say {method}")


# -- the scanner: SEC ---------------------------------------------------------------------


def test_sec_0001_simple_api_is_protected():
    for where, node in classes_with("SimpleApiPlugin"):
        assert answers(where, node, "is_api_protected") is True


def test_sec_0003_to_0006_blueprints_are_protected():
    blueprints = classes_with("BlueprintPlugin")
    assert len(blueprints) == 1, "all routes are of one kind, which says it once"
    for where, node in blueprints:
        assert answers(where, node, "is_blueprint_csrf_protected") is True
    for module in PLUGIN:
        assert "csrf_exempt" not in module.source
        assert "def is_blueprint_protected" not in module.source  # True by itself


def test_sec_0007_templates_are_autoescaped():
    templates = classes_with("TemplatePlugin")
    assert templates
    for where, node in templates:
        assert answers(where, node, "is_template_autoescaped") is True


def test_the_plugin_answers_as_its_source_says():
    """The same, asked of the class that OctoPrint gets, past every mixin."""
    from octoprint_img2stl.plugin.implementation import Img2StlPlugin

    plugin = Img2StlPlugin()
    assert plugin.is_blueprint_csrf_protected() is True
    assert plugin.is_blueprint_protected() is True
    assert plugin.is_template_autoescaped() is True


KO = re.compile(r"data-bind\s*=\s*(\"[^\"]*\"|'[^']*')|<!--\s*ko(.*?)-->", re.DOTALL)
TEMPLATES = files("templates", ".jinja2")
SCRIPTS = files("static", ".js")


def test_there_are_templates_and_scripts():
    assert TEMPLATES and SCRIPTS


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_sec_0009_no_html_bindings(path):
    text = path.read_text(encoding="utf-8")
    bindings = ["".join(match.groups(default="")) for match in KO.finditer(text)]
    assert len(bindings) == text.count("data-bind") + len(
        re.findall(r"<!--\s*ko\b", text)
    )
    for binding in bindings:
        assert not re.search(r"\bhtml\s*:", binding), binding
    assert not re.search(r"\|\s*safe\b", text), "marks a value as safe HTML"
    assert "autoescape false" not in text


def test_sec_0010_own_routes_validate_access():
    handlers = 0
    for module, route in nodes(ast.Tuple):
        if len(route.elts) == 3 and dotted(route.elts[1]).endswith("Handler"):
            handlers += 1
            keys = [ast.literal_eval(key) for key in route.elts[2].keys]
            assert "access_validation" in keys, f"{module.where(route)} serves everybody"
    hooked = any("octoprint.server.http.routes" in module.source for module in PLUGIN)
    assert bool(handlers) == hooked


def calls_of(text: str, opening: str) -> list[str]:
    """The arguments, up to the closing bracket, of every call that starts with `opening`."""
    found = []
    for match in re.finditer(re.escape(opening), text):
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        found.append(text[match.end() : end - 1])
    return found


def test_sec_0011_0012_notifications_are_escaped():
    notifications = [
        (path, call)
        for path in SCRIPTS
        for call in calls_of(path.read_text(encoding="utf-8"), "new PNotify(")
    ]
    assert notifications
    for path, call in notifications:
        assert re.search(r"\btext_escape:\s*true\b", call), f"{path.name}: {call}"
        assert re.search(r"\btitle_escape:\s*true\b", call), f"{path.name}: {call}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_no_html_or_code_of_data(path):
    text = path.read_text(encoding="utf-8")
    for habit in (
        r"\.(inner|outer)HTML\b",
        r"\.insertAdjacentHTML\b",
        r"\bdocument\.write\b",
        r"\.html\(\s*[^)\s]",
        r"\beval\(",
        r"\bnew Function\(",
        # OctoPrint's own client adds the CSRF token.
        r"\$\.post\(",
        r"\b(type|method):\s*[\"'](POST|PUT|PATCH|DELETE)\b",
    ):
        assert not re.search(habit, text), f"{path.name} has {habit}"


# -- the scanner: PKG ---------------------------------------------------------------------


def test_pkg_0001_to_0006():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["build-system"]["build-backend"] == "setuptools.build_meta"
    assert project["project"]["requires-python"]
    entry_points = project["project"]["entry-points"]["octoprint.plugin"]
    assert entry_points == {"img2stl": PACKAGE}
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    assert len(setup.strip().splitlines()) == 1
    assert "octoprint_setuptools" not in setup
    assert not (ROOT / "setup.cfg").exists()  # where a universal wheel would be asked for


# -- the scanner: DEP, REM ----------------------------------------------------------------


def test_dep_select_file_only_behind_a_version_check():
    users = [module for module in PLUGIN if ".select_file(" in module.source]
    assert [module.name for module in users] in ([], ["plugin.printer"])
    for module in users:
        assert "is_octoprint_compatible" in module.source


@pytest.mark.parametrize(
    "removed",
    [
        r"_settings\.get_plugin_data_folder",
        r"_settings\.(getInt|getFloat|getBoolean|setInt|setFloat|setBoolean|globalGet)\b",
        r"\boctoprint\.users\b",
        r"\b(admin_permission|user_permission|firstrun_only_access)\b",
        r"\bis_admin\b",
        r"\bis_anonymous\(\)",
        r"_printer\._comm\b",
        r"\bFileDestinations\.SDCARD\.value\b",
        r"\.list_files\(",
        r"\blinks=",
        r"\bonWizardTabChange\b",
        r"\bgcodeFilename\b",
    ],
)
def test_rem_removed_in_octoprint_2(removed):
    for path in [module.path for module in PLUGIN] + SCRIPTS + TEMPLATES:
        assert not re.search(removed, path.read_text(encoding="utf-8")), path


# -- what OctoPrint reads before it imports -------------------------------------------------


def test_control_properties_are_literals():
    tree = ast.parse((FOLDER / "__init__.py").read_text(encoding="utf-8"))
    literals = {
        dotted(target): ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    for name in ("name", "description", "author", "license", "pythoncompat"):
        assert isinstance(literals[f"__plugin_{name}__"], str)
    assert literals["__plugin_pythoncompat__"] == ">=3.10,<4"
    assert literals["__plugin_license__"] == "AGPL-3.0-or-later"


# -- permissions --------------------------------------------------------------------------


def permission_names() -> dict[str, str]:
    """Names in plugin/ that stand for `Permissions.….require(403)`."""
    found = {}
    for module in PLUGIN:
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                permission = permission_of(node.value, {})
                if permission:
                    found.update({dotted(target): permission for target in node.targets})
    return found


def permission_of(decorator: ast.AST, names: dict[str, str]) -> str | None:
    if isinstance(decorator, ast.Name):
        return names.get(decorator.id)
    if isinstance(decorator, ast.Call):
        match = re.fullmatch(r"Permissions\.(\w+)\.require", dotted(decorator.func))
        if match and [ast.unparse(each) for each in decorator.args] == ["403"]:
            return match[1]
    return None


def routes() -> list[tuple[str, ast.FunctionDef, list[str], list[str]]]:
    """Where, function, methods and required permissions of every route of the blueprint."""
    names, found = permission_names(), []
    for module in PLUGIN:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.FunctionDef):
                continue
            for place, decorator in enumerate(node.decorator_list):
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if dotted(called) != "BlueprintPlugin.route":
                    continue
                assert place == 0, f"{module.where(node)}: route is not the outermost"
                methods = [ast.literal_eval(k.value) for k in decorator.keywords][0]
                required = [permission_of(each, names) for each in node.decorator_list]
                found.append(
                    (module.where(node), node, methods, list(filter(None, required)))
                )
    return found


ROUTES = routes()


def test_there_are_routes():
    assert len(ROUTES) > 5


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route[1].name)
def test_every_route_asks_for_a_permission(route):
    where, node, methods, required = route
    assert required, f"{where}: {node.name} asks for no permission"
    assert "no_firstrun_access" in [dotted(each) for each in node.decorator_list], where
    if methods != ["GET"]:
        changing = set(required) - {"PLUGIN_IMG2STL_VIEW"}
        assert changing, f"{where}: whoever may only look can change something here"


# -- settings and assets --------------------------------------------------------------------


def test_every_setting_has_its_field_and_its_use():
    from octoprint_img2stl.plugin.settings import DEFAULTS

    # bound in a template, or by the view model of a part of the settings page
    page = [*TEMPLATES, *(path for path in SCRIPTS if "settings" in path.name)]
    shown = "".join(path.read_text(encoding="utf-8") for path in page)
    used = "".join(module.source for module in PLUGIN if module.name != "plugin.settings")
    for key in DEFAULTS:
        assert re.search(rf"settings\.plugins\.img2stl\.{key}\b", shown), (
            f"{key}: no field"
        )
        assert f'["{key}"]' in used, f"{key} is never read"


def test_every_asset_is_there_and_listed():
    from octoprint_img2stl.plugin.implementation import Img2StlPlugin

    listed = [name for names in Img2StlPlugin().get_assets().values() for name in names]
    static = FOLDER / "static"
    own = [*files("static", ".js"), *files("static", ".css")]
    assert sorted(listed) == sorted(str(path.relative_to(static)) for path in own)


def test_every_template_is_used():
    texts = {path: path.read_text(encoding="utf-8") for path in TEMPLATES}
    for path in TEMPLATES:
        if path.parent.name == "templates":
            continue  # OctoPrint takes those by their names
        name = f'"plugin_img2stl/{path.relative_to(FOLDER / "templates")}"'
        assert any(name in text for text in texts.values()), f"{name} is included nowhere"


# -- habits of the house ----------------------------------------------------------------------

FORBIDDEN_CALLS = {
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput",
    "eval", "exec", "compile", "__import__", "tempfile.mktemp",
    "pickle.load", "pickle.loads", "marshal.loads", "yaml.load", "shelve.open",
    "Markup", "markupsafe.Markup", "flask.Markup", "render_template_string",
}  # fmt: skip


def test_no_shell_and_no_code_from_data():
    for module, call in nodes(ast.Call):
        assert dotted(call.func) not in FORBIDDEN_CALLS, module.where(call)
        for keyword in call.keywords:
            shell = keyword.arg == "shell" and not (
                isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            )
            assert not shell, f"{module.where(call)} uses a shell"


def sentences() -> list[tuple[str, ast.Call, ast.expr, ast.expr]]:
    """Every refusal or problem made in the package: where, call, its code, its template."""
    found = []
    for module, call in nodes(ast.Call):
        name = dotted(call.func).rpartition(".")[2]
        place = (
            2 if name == "Problem" else 1 if re.search("Refus(ed|al)$", name) else None
        )
        if place is None or len(call.args) <= place:
            continue
        found.append((module.where(call), call, call.args[0], call.args[place]))
    return found


SENTENCES = sentences()


def places(template: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", template))


def test_there_are_sentences():
    assert len(SENTENCES) > 30


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence[0])
def test_sentences_can_be_translated_and_filled(sentence):
    where, call, code, template = sentence
    if isinstance(code, ast.Constant):
        assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9_]+", code.value), (
            f"{where}: {code.value}"
        )
    assert not isinstance(template, (ast.Constant, ast.JoinedStr, ast.BinOp)), (
        f"{where}: the sentence is not N_(a literal), so it can't be translated"
    )
    if not (isinstance(template, ast.Call) and dotted(template.func) == "N_"):
        return  # a name; what it stands for is an N_ somewhere else
    text = ast.literal_eval(template.args[0])
    needed = places(text)
    text % dict.fromkeys(needed, 1)  # raises at a stray percent sign
    if any(keyword.arg is None for keyword in call.keywords):
        return  # **values
    given = {keyword.arg for keyword in call.keywords} - {"field", "suggest"}
    if dotted(call.func).endswith("Problem"):
        values = [k.value for k in call.keywords if k.arg == "values"] + call.args[3:4]
        if values and not isinstance(values[0], ast.Dict):
            return
        if values and None in values[0].keys:
            return  # {**values}
        given = {ast.literal_eval(k) for k in values[0].keys} if values else set()
    assert needed <= given, f"{where}: the sentence has {needed}, the call gives {given}"


def test_only_whole_sentences_are_translated():
    """The extraction finds literals only; `gettext` may be asked for a marked one by name."""
    for module, call in nodes(ast.Call):
        name = dotted(call.func)
        if name == "N_":
            assert isinstance(call.args[0], ast.Constant), module.where(call)
        elif name in ("gettext", "ngettext", "lazy_gettext"):
            put_together = (ast.JoinedStr, ast.BinOp, ast.Call)
            assert not isinstance(call.args[0], put_together), module.where(call)


# The computer that OctoPrint runs on, and what OrcaSlicer calls a command.
OTHER_THINGS = re.compile(
    r"machine that runs|on this machine|this machine(?:'s| busy)|machine is less busy"
    r"|Export Preset Bundle"
)


def test_one_word_for_one_thing_of_slicing():
    """What is saved and chosen is a profile, and what prints is a printer."""
    looked_at = 0
    for module, call in nodes(ast.Call):
        if dotted(call.func) != "N_" or module.room not in ("slicing", "plugin"):
            continue
        looked_at += 1
        text = OTHER_THINGS.sub("", ast.literal_eval(call.args[0]))
        found = re.search(r"\b(?:presets?|machines?)\b", text, re.I)
        assert not found, f"{module.where(call)}: {text}"
    assert looked_at > 200


def test_every_module_says_what_it_is():
    for module in modules():
        assert ast.get_docstring(module.tree), f"{module.path} has no docstring"


def test_ruff_is_content():
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--no-cache",
            "--output-format",
            "concise",
            ".",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
