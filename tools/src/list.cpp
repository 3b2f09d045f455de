// stoa ls: the segments of this machine.
#include <stoa/segment.hpp>

#include "commands.hpp"
#include "facts.hpp"
#include "json_writer.hpp"
#include "output.hpp"
#include "table.hpp"
#include "text.hpp"

namespace stoa::tools {
namespace {

// Calls visit(name, result<segment>) for each; those that vanish meanwhile are passed over.
template <class Visit>
void for_each_segment(backing const& where, Visit visit) {
  for (auto const& name : segment::list(where)) {
    auto const opened = segment::try_open_read_only(name, where);
    if (!opened && opened.error().code() == errc::not_found) continue;
    visit(name, opened);
  }
}

void list_as_json(command_options const& options, output& out) {
  json_writer json{out};
  json.begin_array();
  for_each_segment(options.where, [&](std::string const& name, result<segment> const& opened) {
    json.begin_object();
    if (opened) {
      write_facts(json, facts_of(*opened));
    } else {
      json.member("name", name);
      json.member("error", opened.error().message());
    }
    json.end();
  });
  json.end();
}

void list_as_table(command_options const& options, output& out) {
  table rows{{{"NAME"},
              {"SIZE", align::right},
              {"USED", align::right},
              {"ATTACHED", align::right},
              {"DEAD", align::right},
              {"LIFETIME"}}};
  for_each_segment(options.where, [&](std::string const& name, result<segment> const& opened) {
    if (!opened) return rows.add_remark(printable(name), printable(opened.error().message()));
    auto const facts = facts_of(*opened);
    rows.add({printable(name), human_bytes(facts.size), human_bytes(facts.used),
              std::to_string(facts.attached), std::to_string(facts.dead),
              std::string{words_for(facts.lifetime)}});
  });
  if (rows.is_empty())
    out.format("no segments in {}\n", printable(options.where.path().string()));
  else
    rows.print(out);
}

}  // namespace

int list_segments(command_options const& options) {
  output out{stdout};
  options.as_json ? list_as_json(options, out) : list_as_table(options, out);
  out.flush();
  return success;
}

}  // namespace stoa::tools
