"""Coding: functions of one line, planned or not, in a Markdown fence or plain; they are run without eval."""

import ast
import operator
import re
import warnings
from random import Random

from mialign.synthetic.records import another, record
from mialign.synthetic.town import TOPICS

NAMES = TOPICS
# kind: (what the function does, its expression, its plan); {n} is the number
TASKS = {
    "add": ("adds {n} to x", "x + {n}", "add {n} to x"),
    "take": ("takes {n} from x", "x - {n}", "take {n} from x"),
    "times": ("gives {n} times x", "{n} * x", "take {n} times x"),
    "double": ("doubles x, then adds {n}", "2 * x + {n}", "double x, then add {n}"),
    "over": ("tells if x is over {n}", "x > {n}", "see if x is over {n}"),
    "under": ("tells if x is under {n}", "x < {n}", "see if x is under {n}"),
}
PLANS = ("Plan: {}, then return it.", "My plan is to {} and return it.")
AFTER = ("No plan, just code.", "There, the code is done.")
_TRIALS = (-7, 0, 1, 2, 5, 10, 33, 99, 100, 1000, *range(3, 102))

_FENCED = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)\n[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)
_PLAIN = re.compile(r"^[ \t]*(def [^\n]*(?:\n[ \t]+[^\n]*)*)", re.MULTILINE)
_OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.USub: operator.neg,
    ast.Gt: operator.gt, ast.Lt: operator.lt, ast.GtE: operator.ge, ast.LtE: operator.le,
}  # fmt: skip


def draw(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. What the function is called is not in the key."""
    name, kind, number = rng.choice(NAMES), rng.choice(tuple(TASKS)), rng.randint(2, 99)
    question = f"Write a function {name}(x) that {TASKS[kind][0].format(n=number)}."
    answer = TASKS[kind][1].format(n=number)
    return ("coding", kind, number), record("coding", question, kind, answer, name=name, number=number)


def tell(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """The code, fenced or plain, with a plan before it or a remark behind it; a wrong one does something else."""
    kind, number = reference["kind"], reference["number"]
    if not correct and rng.random() < 0.5:
        number = another(rng, [number - 1, number + 1, number + 10])
    elif not correct:
        kind = another(rng, tuple(TASKS), kind)
    code = f"def {reference['name']}(x):\n    return {TASKS[kind][1].format(n=number)}"
    if sides.get("markdown"):
        code = f"```python\n{code}\n```"
    if sides.get("plan"):
        return f"{rng.choice(PLANS).format(TASKS[kind][2].format(n=number))}\n{code}"
    return f"{code}\n{rng.choice(AFTER)}"


def correct(reference: dict, text: str) -> bool:
    """The function has the name asked for and gives what was asked for on every trial.

    It is read, never executed: only assignments, if and return are followed, with sums, products and comparisons.
    """
    expected = _function(f"def f(x):\n    return {reference['answer']}")
    for code in programs(text):
        function = _function(code, reference["name"])
        try:
            if function and all(function(value) == expected(value) for value in _TRIALS):
                return True
        except (KeyError, TypeError, RecursionError):  # a name or an operation that we do not run
            continue
    return False


def fenced(text: str) -> list[str]:
    """What stands in closed Markdown fences."""
    return [match[1] for match in _FENCED.finditer(text)]


def programs(text: str) -> list[str]:
    """The pieces of a text that may be Python: what is fenced, or else what begins with def."""
    return fenced(text) or [match[1] for match in _PLAIN.finditer(text)]


def _function(code: str, name: str = "f"):
    """A callable for `def name(argument)` with a short body; None for all else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(code[:2000]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # whatever a model may write
        return None
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not found or len(found[-1].args.args) != 1:
        return None
    argument, statements = found[-1].args.args[0].arg, found[-1].body  # the last of that name is the one that counts
    if statements and isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Constant):
        statements = statements[1:]  # the docstring
    if not statements or len(statements) > 8:
        return None
    return lambda value: _run(statements, {argument: value})


def _run(statements: list[ast.stmt], known: dict):
    """What assignments, if and return come to; None if nothing is returned, TypeError for any other statement."""
    for statement in statements:
        if isinstance(statement, ast.Return) and statement.value is not None:
            return _value(statement.value, known)
        if isinstance(statement, ast.If):
            found = _run(statement.body if _value(statement.test, known) else statement.orelse, known)
            if found is not None:
                return found
            continue
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            raise TypeError(statement)
        known[statement.targets[0].id] = _value(statement.value, known)
    return None


def _value(node: ast.expr, known: dict):
    """Sums, products, comparisons of small whole numbers, a if b else c; KeyError or TypeError for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and abs(node.value) < 10**6:
        return node.value
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.BinOp):
        value = _OPERATORS[type(node.op)](_value(node.left, known), _value(node.right, known))
        if abs(value) > 10**9:  # powers in disguise would fill the memory
            raise TypeError(node)
        return value
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_value(node.operand, known))
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _OPERATORS[type(node.ops[0])](_value(node.left, known), _value(node.comparators[0], known))
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test, known) else node.orelse, known)
    raise TypeError(node)
