"""Every error of the library. Messages name the user's variable, the place, what was expected and what to do."""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "DisconnectedInputError",
    "EtudeError",
    "GradientError",
    "MissingValueError",
    "NullTypeGradError",
    "ParseError",
    "RewriteBudgetError",
    "RuleError",
    "ShapeError",
    "SubscriptError",
    "TermTypeError",
]


class EtudeError(Exception):
    """Base of the errors that only this library raises."""


class TermTypeError(EtudeError, TypeError):
    """An operand has a dtype or a kind that the operator does not take."""


class ShapeError(EtudeError, ValueError):
    """Operand shapes do not fit each other or the operator."""


class SubscriptError(EtudeError, IndexError):
    """A subscript does not fit the array: too many indices, one out of bounds, or none that NumPy takes."""


class MissingValueError(EtudeError, ValueError):
    """A value was asked of an expression that still holds symbols without a value."""


class ArgumentError(EtudeError, TypeError, ValueError):
    """A compiled function was called with arguments that do not fit its inputs."""


class RewriteBudgetError(EtudeError, RuntimeError):
    """A rule set used up its step budget without reaching a normal form."""


class DisconnectedInputError(EtudeError, ValueError):
    """The cost does not depend on a variable of which the gradient was asked."""


class NullTypeGradError(EtudeError, TypeError):
    """A gradient is undefined or not implemented."""


class GradientError(EtudeError, AssertionError):
    """A derived gradient and its finite differences disagree."""


class _TextError(EtudeError, ValueError):
    """A text with a place: `text`, `line` and `column` count from 1."""

    def __init__(self, message: str, text: str = "", line: int = 1, column: int = 1, file: str | None = None):
        self.message, self.text, self.line, self.column, self.file = message, text, line, column, file
        super().__init__(self._render())

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.message, self.text, self.line, self.column, self.file)

    def _render(self) -> str:
        where = f"{self.file or '<text>'}:{self.line}:{self.column}"
        shown = self.text.splitlines()
        if not shown or not 0 < self.line <= len(shown):
            return f"{where}: {self.message}"
        line = shown[self.line - 1]
        start = max(0, self.column - 60)
        return f"{where}: {self.message}\n  {line[start : start + 120]}\n  {' ' * (self.column - 1 - start)}^"


class ParseError(_TextError):
    """A text is no expression of the language that `parse` reads."""


class RuleError(_TextError):
    """A line is no rule, or a rule that cannot be used where it stands."""
