#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""documented.py PROGRAM SOURCES BUILDDIR: program, shipped configuration, man pages and
completions know the same words, and README the files that are installed. What the
program knows is asked of the program."""
import fnmatch
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Near to no word of ours, so that the answer lists all of them.
NO_WORD = "qqqqqqqq"

# Of every command, so of no synopsis.
ALWAYS = {"--help", "--version"}

complaints = []


def same(what, expected, found):
    """Two named sets of words are one."""
    (name, words), (other, others) = expected, found
    if not words:
        complaints.append(f"{what}: found none in {name}")
    for word in sorted(set(words) - set(others)):
        complaints.append(f"{what}: {word} is in {name}, not in {other}")
    for word in sorted(set(others) - set(words)):
        complaints.append(f"{what}: {word} is in {other}, not in {name}")


class Page:
    """A man page: items of its lists by section, as words of macros."""

    def __init__(self, path):
        self.name = path.name
        self.sections = {}
        section = None
        for line in path.read_text().splitlines():
            heading = re.match(r"\.S[hs] (.*)", line)
            if heading:
                section = self.sections.setdefault(heading[1], [])
            elif section is not None:
                section.append(line)

    def items(self, section, macro):
        """What follows .It MACRO: [(words, lines of the item)]."""
        found, depth = [], 0
        for line in self.sections[section]:
            depth += line.startswith(".Bl ") - line.startswith(".El")
            if depth == 1 and line.startswith(".It"):
                text = re.sub(r"^\.It ?", "", line)
                mark, _, words = text.partition(" ")
                found.append((words if mark == macro else None, []))
            elif found and depth > 0:
                found[-1][1].append(line)
        return [item for item in found if item[0] is not None]

    def words(self, section, macro):
        """The first word of each item, and those behind commas."""
        words = []
        for text, _ in self.items(section, macro):
            for part in text.split(" , "):
                words.append(re.sub(rf"^{macro} ", "", part).split(" ")[0])
        return words


class Program:
    """What the program says of itself."""

    def __init__(self, path, work):
        self.path, self.work = path, work

    def run(self, *arguments):
        result = subprocess.run([self.path, *arguments], stdin=subprocess.DEVNULL, text=True,
                                capture_output=True, timeout=60, check=False)
        return result.returncode, result.stdout, result.stderr

    def help(self):
        return self.run("--help")[1]

    def commands(self):
        section = self.help().split("\nCommands:\n")[1].split("\n\n")[0]
        return re.findall(r"^  ([a-z]+) ", section, re.M)

    def options(self):
        section = self.help().split("\nOptions:\n")[1].split("\n\n")[0]
        lines = re.findall(r"^  ((?:-|\().*)", section, re.M)
        return {word for line in lines
                for word in re.findall(r"(?:^|, )(--?[a-z]+)", line)}

    def words(self):
        """Keys with what they may be, their defaults, actions and matches."""
        empty = self.work / "empty.conf"
        empty.write_text("")
        told = self.run("check", "--root", str(self.work), "--config", str(empty),
                        "--print", "words")[1]
        return {"keys": dict(re.findall(r"^key ([a-z_]+): (.*)$", told, re.M)),
                "defaults": dict(re.findall(r"^default ([a-z_]+) = (.*)$", told, re.M)),
                "actions": re.findall(r"^action (\S+)$", told, re.M),
                "matches": re.findall(r"^match (\S+)$", told, re.M)}

    def check(self, text):
        """What check says of a configuration."""
        config = self.work / "test.conf"
        config.write_text(text)
        _, out, err = self.run("check", "--root", str(self.work), "--config", str(config))
        return out + err

    def takes(self, command, option):
        """Has an option a meaning for a command? Nothing is there to work on."""
        nothing = ["--root", str(self.work / "none")] if option != "--dump" else []
        said = self.run(command, *nothing, option, "auto")[2]
        return "has no meaning here" not in said

    def colors(self):
        said = self.run("list", "--color", NO_WORD)[2]
        found = re.search(rf'--color is (.*), not "{NO_WORD}"', said)
        return re.split(r", | or ", found[1]) if found else []

    def switches(self):
        (self.work / "proc").mkdir(exist_ok=True)
        cmdline = self.work / "proc/cmdline"
        cmdline.write_text(f"rd.pci_quiesce={NO_WORD}\n")
        said = self.run("plan", "--root", str(self.work))[2]
        cmdline.unlink()
        found = re.search(rf"rd\.pci_quiesce={NO_WORD}: (.*)", said)
        return re.split(r", | or ", found[1]) if found else []


class Completion:
    """What a shell offers behind a line."""

    def __init__(self, sources, shell, work):
        self.name = f"completion of {shell}"
        here = sources / "tests/completion"
        self.work = work
        self.driver = {
            "bash": ["bash", str(here / "bash.sh"),
                     str(sources / "quiesce/completion/pci-quiesce.bash")],
            "zsh": ["zsh", "-f", str(here / "zsh.zsh"),
                    str(sources / "quiesce/completion/_pci-quiesce")],
        }[shell]

    def offers(self, lines):
        """Words for each line."""
        result = subprocess.run(self.driver, input="".join(f"{line}\n" for line in lines),
                                cwd=self.work, text=True, capture_output=True, timeout=120,
                                check=True)
        return [line.split() for line in result.stdout.splitlines()]


def documented_value(lines):
    """Range or words, and default, as a man page's item tells them."""
    text = " ".join(re.sub(r"^\.[A-Z][a-z] ", "", line) for line in lines)
    default = re.search(r"[Tt]he default is ([a-z0-9]+)", text)
    span = re.search(r"(\d+ to \d+); the default", text)
    words = [line.split()[2] for line in lines if line.startswith(".It Cm ")]
    return span[1] if span else words, default[1] if default else None


def shipped_keys(shipped):
    """Keys of the shipped configuration: [(key, value, comment)]."""
    keys = []
    for block in shipped.partition("[rules]")[0].split("\n\n"):
        comment = " ".join(re.findall(r"^# +(.*)$", block, re.M))
        keys += [(key, value, comment)
                 for key, value in re.findall(r"^#([a-z_]+) = (.*)$", block, re.M)]
    return keys


def check_keys(words, page, shipped):
    section, shipped_name = "THE SECTION [quiesce]", "the shipped configuration"
    described = shipped_keys(shipped)
    same("key", ("the program", words["keys"]), (shipped_name, [key for key, _, _ in described]))
    same("key", ("the program", words["keys"]), (page.name, page.words(section, "Ic")))
    items = dict(page.items(section, "Ic"))
    for key, value, comment in described:
        may_be, default = words["keys"].get(key, ""), words["defaults"].get(key)
        told, told_default = documented_value(items.get(key, []))
        if default:
            same(f"default of {key}", ("the program", [default]), (shipped_name, [value]))
            same(f"default of {key}", ("the program", [default]), (page.name, [told_default]))
        if isinstance(told, str):
            same(f"range of {key}", ("the program", [may_be]), (page.name, [told]))
            same(f"range of {key}", ("the program", [may_be]),
                 (shipped_name, re.findall(r"\d+ to \d+", comment)))
            continue
        values = re.findall(r"(?:^|, | or )([a-z0-9-]+)", may_be)
        same(f"value of {key}", ("the program", values), (page.name, told))
        same(f"value of {key}", ("the program", values),
             (shipped_name, [word for word in values
                             if re.search(rf"\b{word}\b", f"{comment} {value}")]))


def check_rules(program, words, page, shipped):
    rules = " ".join(re.findall(r"^# ?(.*)$", shipped.partition("[rules]")[2], re.M))
    for what in ("actions", "matches"):
        same(what, ("the program", words[what]), (page.name, page.words(what.title(), "Cm")))
        same(what, ("the program", words[what]),
             ("the shipped configuration",
              [word for word in words[what] if re.search(rf"(^|[ ,]){word}($|[ ,.:])", rules)]))
    examples = [line for line in page.sections["EXAMPLES"]
                if re.match(r"[a-z_-]+ = ", line) and line.split(" ")[0] in words["actions"]]
    if not examples:
        complaints.append(f"{page.name} has no example of a rule")
    said = program.check("\n".join(["[rules]", *examples]))
    if "unknown" in said or "can match nothing" in said:
        complaints.append(f"an example of {page.name} is wrong: {said}")


def check_examples(program, page, path):
    """Whole files, and what they have behind "#" as well."""
    blocks = [block for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", path.read_text(),
                                            re.M | re.S) if block.startswith("[")]
    if not any("[quiesce]" in block and "[rules]" in block for block in blocks):
        complaints.append(f"{page.name} has no example of a file with both sections")
    for block in blocks:
        said = program.check(block) + program.check(re.sub(r"^#(?=[a-z_]+ = )", "", block,
                                                           flags=re.M))
        if re.search(r"(error|warning): ", said):
            complaints.append(f"an example of {page.name} is wrong: {said}")


def check_options(program, page, sources):
    commands = program.commands()
    same("command", ("--help", commands), (page.name, page.words("COMMANDS", "Cm")))
    options = program.options()
    documented = {"-" + word for word in page.words("OPTIONS", "Fl")} - {"-h"}
    same("option", ("--help", options), (page.name, documented))
    table = (sources / "quiesce/options.c").read_text()
    same("option", ("--help", options - {"-s", "-d"}),
         ("quiesce/options.c", ["--" + word for word in
                                re.findall(r'^\t\{ "([a-z-]+)",', table, re.M)]))
    synopsis = {re.search(r"Cm ([a-z]+)", text)[1]:
                {"-" + word for word in re.findall(r"Fl (-?[a-z]+)", text)}
                for text in " ".join(page.sections["SYNOPSIS"]).split(".Nm ")[1:]}
    for command in commands:
        taken = [option for option in options if program.takes(command, option)]
        same(f"option of {command}", ("the program", set(taken) - ALWAYS),
             ("the synopsis", synopsis.get(command, [])))
    return commands, synopsis


def check_completion(program, words, completion, commands, synopsis):
    # The root has no functions, which load and list would offer, too.
    lines = ["pci-quiesce ", "pci-quiesce check --print ", "pci-quiesce --root . load ",
             "pci-quiesce list --color "]
    lines += [f"pci-quiesce {command} -" for command in commands]
    offered = completion.offers(lines)
    same("command", ("--help", commands), (completion.name, offered[0]))
    same("key", ("the program", [*words["keys"], "words"]), (completion.name, offered[1]))
    loads = re.findall(r"(?:^|, | or )([a-z-]+)", words["keys"]["load"])
    same("value of load", ("the program", loads), (completion.name, offered[2]))
    same("value of --color", ("the program", program.colors()), (completion.name, offered[3]))
    for command, options in zip(commands, offered[4:]):
        same(f"option of {command}", ("the synopsis", synopsis.get(command, [])),
             (completion.name, set(options) - ALWAYS))


def check_statuses(program, page, sources):
    header = (sources / "quiesce/quiesce.h").read_text()
    enum = re.search(r"enum quiesce_exit \{(.*?)\};", header, re.S)[1]
    statuses = re.findall(r"= (\d+)", enum)
    items = [line.split()[1] for line in page.sections["EXIT STATUS"] if line.startswith(".It ")]
    same("exit status", ("quiesce.h", statuses), (page.name, items))
    told = program.help().partition("Exit status:")[2]
    same("exit status", ("quiesce.h", statuses),
         ("--help", re.findall(r"(?:^|, )(\d) ", told.replace("\n", " ").strip())))


def check_words(program, page, sources):
    schema = json.loads((sources / "conf/report.schema.json").read_text())
    verdicts = schema["definitions"]["device"]["properties"]["verdict"]["enum"]
    same("verdict", ("report.schema.json", [word for word in verdicts if word]),
         (page.name, page.words("VERDICTS", "Cm")))
    table = re.search(r"engine_whys\[.*?\};", (sources / "libpcireset/words.c").read_text(), re.S)[0]
    same("reason of an engine", ("words.c", re.findall(r'"(.*)"', table)),
         (page.name, [words for words, _ in page.items("WHO MAKES A RESET", "Sy")]))
    words = page.words("KERNEL PARAMETERS", "Cm")
    same("kernel parameter",
         ("the program", [f"rd.pci_quiesce={word}" for word in program.switches()]),
         (page.name, [word for word in words if "=" in word]))
    told = " ".join(re.sub(r"^\.It Sy ", "", line) for line in page.sections["EVIDENCE"])
    # Up to a value or a colon; one word alone is part of another sentence.
    problems = re.findall(r'"([A-Za-z][A-Za-z\' ]* [A-Za-z]+)',
                          (sources / "quiesce/problem.c").read_text())
    same("problem", ("problem.c", problems),
         (page.name, [problem for problem in problems if problem in told]))
    # By name, or out of a table of names.
    code = "".join(path.read_text() for path in (sources / "quiesce").glob("*.c"))
    variables = page.words("ENVIRONMENT", "Ev")
    read = set(re.findall(r'getenv\("([A-Z_]+)"\)', code))
    same("variable", ("the program", read | {word for word in variables if f'"{word}"' in code}),
         (page.name, variables))


def check_installed(readme, build):
    files = json.loads((build / "meson-info/intro-installed.json").read_text()).values()
    patterns = [pattern for row in re.findall(r"^\| (`/.*?`) \|", readme, re.M)
                for pattern in re.findall(r"`(/[^`]*)`", row)]
    matches = {(file, pattern) for file in files for pattern in patterns
               if fnmatch.fnmatchcase(file, pattern) or file.startswith(pattern + "/")}
    same("file", ("what is installed", files), ("README.md", {file for file, _ in matches}))
    same("file", ("README.md", patterns), ("what is installed", {word for _, word in matches}))


def main(path, sources, build):
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        program = Program(path, work)
        manual = Page(sources / "quiesce/pci-quiesce.8")
        format_page = Page(sources / "conf/pci-quiesce.conf.5")
        shipped = (sources / "conf/pci-quiesce.conf").read_text()

        words = program.words()
        check_keys(words, format_page, shipped)
        check_rules(program, words, format_page, shipped)
        check_examples(program, format_page, sources / "conf/pci-quiesce.conf.5")
        commands, synopsis = check_options(program, manual, sources)
        check_statuses(program, manual, sources)
        check_words(program, manual, sources)
        check_installed((sources / "README.md").read_text(), build)
        for shell in ("bash", "zsh"):
            if not shutil.which(shell):
                print(f"not compared: completion of {shell}")
                continue
            completion = Completion(sources, shell, work)
            check_completion(program, words, completion, commands, synopsis)

    if complaints:
        print("\n".join(complaints))
    sys.exit(bool(complaints))


main(sys.argv[1], *map(pathlib.Path, sys.argv[2:]))
