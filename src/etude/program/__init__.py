"""Straight-line programs: what a backend runs. Shared sub-terms once, buffers reused."""

from etude.program.ahead import with_work_ahead
from etude.program.blocks import even_block, in_blocks, row_counts, with_less_memory
from etude.program.lower import body_programs, lower
from etude.program.meaning import is_ufunc, ufunc_of
from etude.program.memory import Ownership, Plan, plan_memory
from etude.program.program import Instruction, Program
from etude.program.sharing import less_work, share_work
from etude.program.specialize import specialized
from etude.program.validity import ProgramError, check

__all__ = [
    "Instruction",
    "Ownership",
    "Plan",
    "Program",
    "ProgramError",
    "body_programs",
    "check",
    "even_block",
    "in_blocks",
    "is_ufunc",
    "less_work",
    "lower",
    "plan_memory",
    "row_counts",
    "share_work",
    "specialized",
    "ufunc_of",
    "with_less_memory",
    "with_work_ahead",
]
