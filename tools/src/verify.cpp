// stoa verify: what contradicts itself in a segment.
#include <fmt/format.h>

#include <algorithm>
#include <stoa/segment.hpp>

#include "commands.hpp"
#include "json_writer.hpp"
#include "output.hpp"
#include "text.hpp"

namespace stoa::tools {
namespace {

std::string_view word_for(severity how) noexcept { return how == severity::damage ? "damage" : "note"; }

void write_finding(json_writer& json, finding const& each) {
  json.begin_object();
  json.member("severity", word_for(each.severity));
  json.member("structure", each.structure);
  json.member("kind", each.kind);
  json.member("field", each.field);
  json.member("offset", each.offset);
  json.member("expected", each.expected);
  json.member("found", each.found);
  json.end();
}

void write_as_json(std::string_view name, verification const& of, output& out) {
  json_writer json{out};
  json.begin_object();
  json.member("name", name);
  json.member("clean", of.is_clean());
  json.member("still", of.was_still);
  json.member("structures", of.structures);
  json.key("findings");
  json.begin_array();
  for (auto const& each : of.findings) write_finding(json, each);
  json.end();
  json.end();
}

void write_as_text(std::string_view name, verification const& of, output& out) {
  for (auto const& each : of.findings) out.format("{}: {}\n", word_for(each.severity), printable(each.text()));
  auto const damages = std::ranges::count(of.findings, severity::damage, &finding::severity);
  out.format("{}: {}, structures {}, notes {}, looked at while {}\n", printable(name),
             damages == 0 ? std::string{"clean"} : fmt::format("damages {}", damages), of.structures,
             of.findings.size() - static_cast<std::size_t>(damages),
             of.was_still ? "nobody was attached" : "others were attached");
}

}  // namespace

int verify_segment(command_options const& options, std::string_view name) {
  auto const where = segment::try_open_read_only(name, options.where);
  if (!where) {
    complain(where.error().message());
    return cannot_open;
  }
  auto const found = where->verify();
  output out{stdout};
  options.as_json ? write_as_json(name, found, out) : write_as_text(name, found, out);
  out.flush();
  return found.is_clean() ? success : problem;
}

}  // namespace stoa::tools
