"""What check-atomics.sh says. Reads core, allocators and structures."""
import collections
import pathlib
import re
import sys

ORDERED = re.compile(r"memory_order_(acquire|release|acq_rel|seq_cst)")
REASON = re.compile(r"\b[ARIS]\d+\b|\b(relaxed|acquires?|releases?|seq_cst|own lane|carried by)\b", re.IGNORECASE)
END = r"(?:[\w/]+\.[hc]pp:)?[AR]\d+"
MORE = rf"(?:, {END}(?!\s*(?:->|<-)))*"  # not "R1 -> A1, R2 -> A2"
EDGE = re.compile(rf"({END}{MORE})\s*(->|<-)\s*({END}{MORE})")


def sources():
    for part in ("core", "allocators", "structures"):
        yield from sorted(p for p in pathlib.Path(part).rglob("*") if p.suffix in (".hpp", ".cpp"))


def structure_of(path):
    stem = path.stem
    if path.parent.name == "sync":
        return "sync/" + stem
    return stem.split("_")[0] if not stem.startswith("spsc_queue") else "spsc_queue"


def comment_of(line):
    at = line.find("//")
    return line[at:] if at >= 0 else ""


def is_comment(line):
    return line.lstrip().startswith("//")


def comments_about(lines, at):
    """Those of the statement on line `at`, of the lines right above it, and of what those belong to."""
    first = at
    while first > 0 and lines[first - 1].strip() and at - first < 5:
        first -= 1
        if is_comment(lines[first]) and (first == 0 or not is_comment(lines[first - 1])):
            break
    last = at
    while last + 1 < len(lines) and not re.search(r"[;{]\s*(//.*)?$", lines[last]) and last - at < 3:
        last += 1
    return " ".join(comment_of(line) for line in lines[first:last + 1])


def ends_in(text, path, files):
    """(structure or file, label) of each end."""
    for end in text.split(", "):
        name, _, label = end.rpartition(":")
        if not name:
            yield structure_of(path), label
        elif name in files:
            yield structure_of(files[name]), label
        else:
            yield None, end


def main():
    complaints = []
    files = {}
    for path in sources():
        files[path.name] = path
    leads = collections.defaultdict(set)
    where = {}
    ordered = 0
    for path in sources():
        lines = path.read_text().split("\n")
        for at, line in enumerate(lines):
            code = line.split("//")[0]
            found = ORDERED.findall(code)
            ordered += len(found)
            if found and not REASON.search(comments_about(lines, at)):
                complaints.append(f"{path}:{at + 1}: {found[0]} without a reason: {line.strip()}")
            for left, arrow, right in EDGE.findall(comment_of(line)):
                giving, taking = (left, right) if arrow == "->" else (right, left)
                for give in ends_in(giving, path, files):
                    for take in ends_in(taking, path, files):
                        if give[0] is None or take[0] is None:
                            complaints.append(f"{path}:{at + 1}: no such file: {left} {arrow} {right}")
                            continue
                        leads[give, take].add(arrow)
                        where.setdefault((give, take), f"{path}:{at + 1}")
    for (give, take), arrows in sorted(leads.items()):
        edge = f"{give[0]}:{give[1]} -> {take[0]}:{take[1]}"
        if give[1][0] != "R" or take[1][0] != "A":
            complaints.append(f"{where[give, take]}: an edge leads from an R to an A: {edge}")
        elif len(arrows) != 2:
            complaints.append(f"{where[give, take]}: only one end is written down: {edge}")
        elif "-v" in sys.argv[1:]:
            print(edge)
    for each in complaints:
        print(each)
    print(f"{ordered} ordered accesses, {len(leads)} edges, {len(complaints)} complaints")
    return 1 if complaints else 0


sys.exit(main())
