#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <optional>
#include <utility>

#include "text.hpp"

namespace stoa::tools {
namespace {

std::string check_element_path(std::string const& path) {
  auto const slash = path.find('/');
  if (slash != path.npos && slash != 0 && slash + 1 != path.size()) return {};
  return "expected SEGMENT/NAME, found '" + printable(path) + "'";
}

CLI::App* add_command(CLI::App& app, command_line& given, std::string const& name, std::string const& description) {
  auto* const command = app.add_subcommand(name, description);
  command->add_flag("--json", given.as_json, "Print JSON instead of text");
  command->add_option("--dir", given.directory, "Segments in files of this directory, not in memory")
      ->check(CLI::ExistingDirectory)
      ->option_text("DIR");
  return command;
}

// Of a command on one entry.
void add_element_path(CLI::App& command, command_line& given) {
  command.add_option("SEGMENT/NAME", given.element_path)->required()->type_name("")->check(check_element_path);
}

}  // namespace

std::variant<command_line, int> parse_command_line(int argc, char const* const* argv) {
  command_line given;
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

  std::array<std::pair<CLI::App*, subcommand>, 8> const all{{{ls, subcommand::ls},
                                                             {show, subcommand::show},
                                                             {cat, subcommand::cat},
                                                             {tail, subcommand::tail},
                                                             {send, subcommand::send},
                                                             {verify, subcommand::verify},
                                                             {rm, subcommand::rm},
                                                             {gc, subcommand::gc}}};
  for (auto const& each : all)
    if (each.first->parsed()) given.what = each.second;
  return given;
}

int run(command_line const& given) {
  auto const where = given.directory.empty() ? backing::shared_memory() : backing::directory(given.directory);
  // Whoever made a segment, it may be looked at.
  command_options const options{where.of_any_user(), given.as_json};
  switch (given.what) {
    case subcommand::ls: return list_segments(options);
    case subcommand::show: return show_segment(options, given.segment);
    case subcommand::cat: return print_elements(options, given.segment_name(), given.entry_name());
    case subcommand::tail: return follow_elements(options, given.segment_name(), given.entry_name(), given.last);
    case subcommand::send: {
      auto const text = given.text == "-" ? std::nullopt : std::optional{given.text};
      return send_messages({where, given.as_json}, given.segment_name(), given.entry_name(), given.type, text);
    }
    case subcommand::verify: return verify_segment(options, given.segment);
    case subcommand::rm: return remove_segments(options, given.segments);
    case subcommand::gc: return collect_garbage(options, given.persistent_too);
  }
  return usage;
}

}  // namespace stoa::tools
