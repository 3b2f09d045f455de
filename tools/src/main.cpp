// The stoa command: looking at segments from outside (docs/command.md).
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <string>
#include <string_view>

#include "commands.hpp"
#include "output.hpp"
#include "text.hpp"

namespace stoa::tools {

namespace {

// A segment's file can be cut short by anybody who may write it, at any time. Touching what is gone
// raises SIGBUS: an error like others, not a crash.
extern "C" void report_lost_pages(int) {
  constexpr std::string_view message = "stoa: the segment's file became shorter while it was being read\n";
  [[maybe_unused]] auto const written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(problem);
}

void expect_lost_pages() {
  struct sigaction action {};
  action.sa_handler = &report_lost_pages;
  ::sigaction(SIGBUS, &action, nullptr);
}

// What the command line may say.
struct arguments {
  std::string directory;
  bool as_json = false;
  std::string segment;
  std::string element_path;  // SEGMENT/NAME
  std::vector<std::string> segments;
  bool persistent_too = false;

  command_options options() const {
    return {directory.empty() ? backing::shared_memory() : backing::directory(directory), as_json};
  }
};

std::string check_element_path(std::string const& path) {
  auto const slash = path.find('/');
  if (slash != path.npos && slash != 0 && slash + 1 != path.size()) return {};
  return "expected SEGMENT/NAME, found '" + printable(path) + "'";
}

CLI::App* add_command(CLI::App& app, arguments& given, std::string const& name,
                      std::string const& description) {
  auto* const command = app.add_subcommand(name, description);
  command->add_flag("--json", given.as_json, "Print JSON instead of text");
  command->add_option("--dir", given.directory, "Segments in files of this directory, not in memory")
      ->check(CLI::ExistingDirectory)
      ->option_text("DIR");
  return command;
}

int run(int argc, char** argv) {
  arguments given;
  CLI::App app{"Looks at segments of shared memory without disturbing those who use them", "stoa"};
  app.set_version_flag("--version", STOA_VERSION);
  app.require_subcommand(1);
  auto* const ls = add_command(app, given, "ls", "List segments");
  auto* const show = add_command(app, given, "show", "Show a segment's entries and participants");
  show->add_option("SEGMENT", given.segment)->required()->type_name("");
  auto* const cat = add_command(app, given, "cat", "Print the elements of an entry, one on a line");
  cat->add_option("SEGMENT/NAME", given.element_path)
      ->required()
      ->type_name("")
      ->check(check_element_path);
  auto* const rm = add_command(app, given, "rm", "Remove segments; those who are attached go on");
  rm->add_option("SEGMENT", given.segments)->required()->type_name("");
  auto* const gc = add_command(app, given, "gc", "Remove the segments that no process lives in");
  gc->add_flag("--persistent", given.persistent_too, "Also those made to outlive their users");
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& stop) {  // also thrown for --help and --version, with status 0
    return app.exit(stop) == 0 ? success : usage;
  }

  auto const options = given.options();
  if (ls->parsed()) return list_segments(options);
  if (show->parsed()) return show_segment(options, given.segment);
  if (rm->parsed()) return remove_segments(options, given.segments);
  if (gc->parsed()) return collect_garbage(options, given.persistent_too);
  auto const slash = given.element_path.find('/');
  return print_elements(options, std::string_view{given.element_path}.substr(0, slash),
                        std::string_view{given.element_path}.substr(slash + 1));
}

}  // namespace
}  // namespace stoa::tools

int main(int argc, char** argv) {
  stoa::tools::expect_lost_pages();
  try {
    return stoa::tools::run(argc, argv);
  } catch (std::exception const& reason) {
    stoa::tools::complain(reason.what());
  }
  return stoa::tools::problem;
}
