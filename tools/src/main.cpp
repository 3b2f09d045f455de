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
  std::uint64_t last = 10;
  std::uint32_t type = 0;
  std::string text = "-";

  backing where() const { return directory.empty() ? backing::shared_memory() : backing::directory(directory); }
  // Whoever made a segment, it may be looked at.
  command_options options() const { return {where().of_any_user(), as_json}; }
  std::string_view segment_name() const { return std::string_view{element_path}.substr(0, element_path.find('/')); }
  std::string_view entry_name() const { return std::string_view{element_path}.substr(element_path.find('/') + 1); }
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

// Of a command on one entry.
void add_element_path(CLI::App& command, arguments& given) {
  command.add_option("SEGMENT/NAME", given.element_path)->required()->type_name("")->check(check_element_path);
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
  add_element_path(*cat, given);
  auto* const tail = add_command(app, given, "tail", "Follow a ring or message_ring until interrupted");
  add_element_path(*tail, given);
  tail->add_option("-n", given.last, "Begin with the last so many elements")->capture_default_str()->option_text("N");
  auto* const send = add_command(app, given, "send", "Send messages into a message_ring; waits for room");
  add_element_path(*send, given);
  send->add_option("--type", given.type, "Type of the messages")->capture_default_str()->option_text("N");
  send->add_option("TEXT", given.text, "The message; -: one for each line of the standard input")
      ->capture_default_str()
      ->type_name("");
  auto* const verify = add_command(app, given, "verify", "Look for what contradicts itself in one segment");
  verify->add_option("SEGMENT", given.segment)->required()->type_name("");
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
  if (verify->parsed()) return verify_segment(options, given.segment);
  if (rm->parsed()) return remove_segments(options, given.segments);
  if (gc->parsed()) return collect_garbage(options, given.persistent_too);
  if (tail->parsed()) return follow_elements(options, given.segment_name(), given.entry_name(), given.last);
  if (send->parsed()) {
    auto const text = given.text == "-" ? std::nullopt : std::optional{given.text};
    return send_messages({given.where(), given.as_json}, given.segment_name(), given.entry_name(), given.type, text);
  }
  return print_elements(options, given.segment_name(), given.entry_name());
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
