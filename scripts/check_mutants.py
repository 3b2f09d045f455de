"""What check-mutants.sh does. Run by it, from the top of the tree."""
import pathlib
import re
import subprocess
import sys

PARTS = ("core", "allocators", "structures")
MUTANTS = pathlib.Path("tests/mutants")
UNSEEDED = MUTANTS / "unseeded.txt"
STATED = re.compile(r"^// (I\d+) ", re.MULTILINE)
REFERENCE = re.compile(r"([a-z_]+\.hpp) ((?:I\d+(?:, (?=I\d))?)+)")
PAGE = re.compile(r"docs/[a-z_/]+\.md")
BUILDS = ("tsan",)


def stated_invariants():
    """{(header, "I1"): [names of mutants]}, in the order of the tree."""
    found, seen = {}, {}
    for part in PARTS:
        for header in sorted(pathlib.Path(part).rglob("*.hpp")):
            numbers = STATED.findall(header.read_text())
            if numbers and seen.setdefault(header.name, header) != header:
                raise SystemExit(f"{header} and {seen[header.name]}: invariants of two headers of one name")
            found.update({(header.name, number): [] for number in numbers})
    return found


def programs():
    """Names that a line "Run:" may have."""
    tests = {path.stem for path in pathlib.Path("tests").rglob("*_test.cpp")}
    return tests | {path.stem for path in pathlib.Path("stress").iterdir()}


def check(patch, invariants, known_programs):
    """Enters the mutant under what it is against; yields what is wrong with it."""
    title, *rest = patch.read_text().splitlines()
    against = [(header, number) for header, numbers in REFERENCE.findall(title) for number in numbers.split(", ")]
    if not against and not PAGE.search(title):
        yield "does not say what it is against: (header.hpp I1) or (docs/page.md)"
    for which in against:
        if which in invariants:
            invariants[which].append(patch.stem)
        else:
            yield f"there is no {which[0]} {which[1]}"
    yield from (f"there is no {page}" for page in PAGE.findall(title) if not pathlib.Path(page).exists())
    fields = dict(line.split(": ", 1) for line in rest[: next(i for i, l in enumerate(rest) if l.startswith("---"))])
    program = next((word for word in fields.get("Run", "").split() if "=" not in word or word.startswith("-")), None)
    if program not in known_programs:
        yield f"there is no program {program} to run"
    if fields.get("Build", BUILDS[0]) not in BUILDS:
        yield f"there is no build {fields['Build']}"
    dry_run = ["patch", "--dry-run", "--force", "--silent", "-p1", "-i", str(patch)]
    if subprocess.run(dry_run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        yield "does not apply any more"


def unseeded_reasons():
    """{(header, "I1"): reason}. A line is "header.hpp I1: reason"."""
    if not UNSEEDED.exists():
        return {}
    lines = (line for line in UNSEEDED.read_text().splitlines() if line and not line.startswith("#"))
    return {tuple(which.split()): reason for which, reason in (line.split(": ", 1) for line in lines)}


def main():
    invariants = stated_invariants()
    known_programs = programs()
    patches = sorted(MUTANTS.glob("*.patch"))
    problems = [f"{patch.stem}: {problem}" for patch in patches for problem in check(patch, invariants, known_programs)]
    reasons = unseeded_reasons()
    for which in reasons:
        if invariants.get(which) != []:
            problems.append(f"{UNSEEDED}: {' '.join(which)} is no invariant without a mutant")
    problems += [f"{' '.join(which)}: no mutant is against it" for which, mutants in invariants.items()
                 if not mutants and which not in reasons]
    if "-v" in sys.argv[1:]:
        for which, mutants in invariants.items():
            print(f"{' '.join(which):<32} {' '.join(mutants) or 'none: ' + reasons.get(which, '?')}")
    seeded = sum(bool(mutants) for mutants in invariants.values())
    print(f"{len(patches)} mutants, against {seeded} of {len(invariants)} invariants; {len(reasons)} unseeded with a reason")
    for problem in problems:
        print(problem, file=sys.stderr)
    return bool(problems)


sys.exit(main())
