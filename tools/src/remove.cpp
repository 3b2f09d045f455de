// stoa rm and stoa gc: taking names away. Those who are attached go on.
#include <fmt/format.h>

#include <stoa/segment.hpp>

#include "commands.hpp"
#include "json_writer.hpp"
#include "output.hpp"
#include "text.hpp"

namespace stoa::tools {
namespace {

// Tells what was removed, in the end for JSON, at once for people.
class removal_report {
 public:
  explicit removal_report(bool as_json) : out_{stdout}, json_{out_}, as_json_{as_json} {
    if (!as_json_) return;
    json_.begin_object();
    json_.key("removed");
    json_.begin_array();
  }
  void add(std::string_view name) {
    if (as_json_) return json_.value(name);
    out_.format("removed {}\n", printable(name));
    out_.flush();
  }
  void finish() {
    if (as_json_) {
      json_.end();
      json_.end();
    }
    out_.flush();
  }

 private:
  output out_;
  json_writer json_;
  bool as_json_;
};

bool is_garbage(std::string const& name, backing const& where, bool persistent_too) {
  auto const opened = segment::try_open_read_only(name, where);
  // Whether anybody lives in a damaged segment cannot be known: `ls` shows it, `rm` removes it.
  if (!opened || opened->reference_count() != 0) return false;
  return persistent_too || opened->lifetime() == lifetime::reference_counted;
}

}  // namespace

int remove_segments(command_options const& options, std::vector<std::string> const& names) {
  int status = success;
  removal_report report{options.as_json};
  for (auto const& name : names) {
    auto const removed = segment::try_remove(name, options.where);
    if (removed && *removed) {
      report.add(name);
      continue;
    }
    complain(removed ? fmt::format("segment '{}': there is none in {}", name,
                                   options.where.path().string())
                     : removed.error().message());
    status = problem;
  }
  report.finish();
  return status;
}

int collect_garbage(command_options const& options, bool persistent_too) {
  int status = success;
  removal_report report{options.as_json};
  for (auto const& name : segment::list(options.where)) {
    if (!is_garbage(name, options.where, persistent_too)) continue;
    auto const removed = segment::try_remove_unused(name, options.where);
    if (removed && *removed) report.add(name);  // else somebody came in, or was faster
    if (removed) continue;
    complain(removed.error().message());
    status = problem;
  }
  report.finish();
  return status;
}

}  // namespace stoa::tools
