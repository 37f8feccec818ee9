"""The one shape of a problem."""

from octoprint_img2stl.problems import ERROR, WARNING, Problem, Refusal


def test_round_trip_keeps_everything():
    problem = Problem(
        "mesh.big", WARNING, "Is %(size)s mm.", {"size": 3}, "relief.width", 2.5
    )
    assert Problem.from_json(problem.to_json()) == problem
    assert problem.message == "Is 3 mm."


def test_values_may_hold_anything():
    refusal = Refusal("x.y", "Name %(name)s.", name="100%(evil)s <b>")
    assert str(refusal) == "Name 100%(evil)s <b>."


def test_refusal_of_a_warning_is_an_error():
    problem = Problem("a.b", WARNING, "Say %(what)s.", {"what": "it"}, "field", 1)
    refusal = Refusal.of(problem)
    assert refusal.code == "a.b"
    assert refusal.problem.severity == ERROR
    assert refusal.problem.suggest == 1
    assert str(refusal) == "Say it."
