// stoa show: one segment, its entries and its participants.
#include <fmt/format.h>

#include <optional>
#include <stoa/segment.hpp>

#include "commands.hpp"
#include "entry_list.hpp"
#include "facts.hpp"
#include "json_writer.hpp"
#include "output.hpp"
#include "table.hpp"
#include "text.hpp"

namespace stoa::tools {
namespace {

// What its kind tells about an entry; error: why it tells nothing.
struct entry_counts {
  std::optional<std::uint64_t> capacity;
  std::optional<std::uint64_t> fill;
  std::vector<statistic> totals;
  std::string error;
};

entry_counts counts_of(entry_view const& entry) {
  entry_counts counts;
  auto const operations = operations_for(entry);
  if (!operations) {
    counts.error = operations.error().message();
    return counts;
  }
  auto statistics = (*operations)->statistics(entry);
  if (!statistics) {
    counts.error = statistics.error().message();
    return counts;
  }
  for (auto& each : *statistics) {
    if (each.name == "capacity")
      counts.capacity = each.value;
    else if (each.name == "size")
      counts.fill = each.value;
    else
      counts.totals.push_back(std::move(each));
  }
  return counts;
}

std::string damage_of(damaged_entry const& entry) {
  return fmt::format("damaged: the record in slot {} contradicts the segment", entry.slot);
}

// --- JSON ---

void write_entry(json_writer& json, segment const& where, entry_view const& entry) {
  auto const counts = counts_of(entry);
  json.begin_object();
  json.member("name", entry.name());
  json.member("kind", entry.kind());
  json.member("layout", std::uint64_t{entry.record.layout});
  json.member("type", where.attachment().descriptor(entry));
  json.member("element_bytes", entry.record.element_bytes);
  json.member("bytes", entry.record.extent_bytes);
  json.member("created_ns", entry.record.created_ns);
  json.member("creator_pid", std::uint64_t{entry.record.creator_pid});
  if (counts.capacity) json.member("capacity", *counts.capacity);
  if (counts.fill) json.member("fill", *counts.fill);
  if (counts.error.empty()) {
    json.key("totals");
    json.begin_object();
    for (auto const& each : counts.totals) json.member(each.name, each.value);
    json.end();
  } else {
    json.member("error", counts.error);
  }
  json.end();
}

void write_participant(json_writer& json, participant const& who) {
  json.begin_object();
  json.member("pid", who.pid);
  json.member("command", who.command);
  json.member("alive", who.alive);
  json.member("start_time", who.start_time);
  json.member("attached_ns", who.attached_ns);
  json.member("lanes", std::uint64_t{who.lanes});
  json.member("leases", std::uint64_t{who.leases});
  json.key("holds");
  json.begin_array();
  for (auto const& name : who.holds) json.value(name);
  json.end();
  json.end();
}

void show_as_json(segment const& where, output& out) {
  auto const participants = where.participants();
  auto const entries = entries_of(where);
  json_writer json{out};
  json.begin_object();
  write_facts(json, facts_of(where, participants));
  json.key("entries");
  json.begin_array();
  for (auto const& entry : entries.whole) write_entry(json, where, entry);
  for (auto const& entry : entries.damaged) {
    json.begin_object();
    json.member("name", entry.name);
    json.member("error", damage_of(entry));
    json.end();
  }
  json.end();
  json.key("participants");
  json.begin_array();
  for (auto const& who : participants) write_participant(json, who);
  json.end();
  json.end();
}

// --- tables ---

std::string joined_totals(std::vector<statistic> const& totals) {
  std::string out;
  for (auto const& each : totals)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", each.name, each.value);
  return out;
}

std::string number_or_dash(std::optional<std::uint64_t> const& number) {
  return number ? std::to_string(*number) : "-";
}

void print_entries(segment const& where, output& out) {
  table rows{{{"ENTRY"},
              {"KIND"},
              {"CAPACITY", align::right},
              {"FILL", align::right},
              {"BYTES", align::right},
              {"TYPE, TOTALS"}}};
  auto const entries = entries_of(where);
  for (auto const& entry : entries.whole) {
    auto const counts = counts_of(entry);
    auto last = printable(where.attachment().descriptor(entry));
    auto const more = counts.error.empty() ? joined_totals(counts.totals) : printable(counts.error);
    if (!more.empty()) last += '\n' + more;
    rows.add({printable(entry.name()), printable(entry.kind()), number_or_dash(counts.capacity),
              number_or_dash(counts.fill), human_bytes(entry.record.extent_bytes), std::move(last)});
  }
  for (auto const& entry : entries.damaged) rows.add_remark(printable(entry.name), damage_of(entry));
  if (rows.is_empty())
    out.write("no entries\n");
  else
    rows.print(out);
}

void print_participants(snapshot<participant> const& participants, output& out) {
  table rows{{{"PID", align::right},
              {"COMMAND"},
              {"ALIVE"},
              {"ATTACHED SINCE"},
              {"LANES", align::right},
              {"LEASES", align::right},
              {"HOLDS"}}};
  for (auto const& who : participants) {
    std::string holds;
    for (auto const& name : who.holds) holds += (holds.empty() ? "" : ", ") + printable(name);
    rows.add({std::to_string(who.pid), printable(who.command), who.alive ? "yes" : "dead",
              date(who.attached_ns), std::to_string(who.lanes), std::to_string(who.leases),
              std::move(holds)});
  }
  if (rows.is_empty())
    out.write("no participants\n");
  else
    rows.print(out);
}

void show_as_tables(segment const& where, output& out) {
  auto const participants = where.participants();
  auto const facts = facts_of(where, participants);
  out.format("{}: {}, {} used, {}, {} attached, {} dead\n", printable(facts.name),
             human_bytes(facts.size), human_bytes(facts.used), words_for(facts.lifetime), facts.attached,
             facts.dead);
  out.format("created {} by process {}\n\n", date(facts.created_ns), facts.creator_pid);
  print_entries(where, out);
  out.write("\n");
  print_participants(participants, out);
}

}  // namespace

int show_segment(command_options const& options, std::string_view name) {
  auto const where = segment::open_read_only(name, options.where);
  output out{stdout};
  options.as_json ? show_as_json(where, out) : show_as_tables(where, out);
  out.flush();
  return success;
}

}  // namespace stoa::tools
