// stoa tail: what comes into a ring or message_ring, as it comes. It writes nothing, and nobody waits for it.
#include <fmt/format.h>
#include <csignal>
#include <stoa/ring_bytes.hpp>
#include <stoa/waiting.hpp>

#include "commands.hpp"
#include "element_printer.hpp"
#include "entry_list.hpp"
#include "message_printer.hpp"
#include "output.hpp"

namespace stoa::tools {
namespace {

volatile std::sig_atomic_t is_interrupted = 0;

// The samples of a ring, of whatever type.
class sample_watch {
 public:
  sample_watch(ring_bytes const& ring, std::uint64_t last) : ring_{ring}, copy_(ring.payload_bytes()) {
    auto const there = ring_.held();
    at_ = there.end - std::min(there.size(), last);
  }
  // The next sample; nullptr: there is none yet.
  std::vector<std::byte> const* next() {
    constexpr unsigned most_attempts = 1000;  // while the producer is faster than a copy
    for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
      auto const there = ring_.readable(at_, attempt);
      if (there.size() == 0) return nullptr;
      ring_.load(copy_.data(), there.begin);
      if (ring_.overtaken(there.begin) != 0) continue;
      lost_ += there.begin - at_;
      at_ = there.begin + 1;
      return &copy_;
    }
    return nullptr;
  }
  std::uint64_t lost() const noexcept { return lost_; }

 private:
  ring_bytes ring_;
  std::vector<std::byte> copy_;
  std::uint64_t at_ = 0;
  std::uint64_t lost_ = 0;
};

// Whether that name still leads to this segment.
bool is_linked(segment const& where, backing const& in) {
  auto const again = segment::try_open_read_only(where.name(), in);
  if (!again) return again.error().code() != errc::not_found;
  return again->attachment().map().header().created_ns == where.attachment().map().header().created_ns;
}

void tell_lost(std::uint64_t lost, std::uint64_t& told) {
  if (lost == told) return;
  complain(fmt::format("{} overwritten before they could be read", lost - told));
  told = lost;
}

// Until a signal, or until the entry or the segment is gone; what had come by then is printed. After a signal
// at most as much as is printed at once: who sends all the time would have no end.
// print_next(): one more. False: there is none.
template <class Watch, class PrintNext>
void follow(segment const& where, entry_view const& entry, backing const& in, output& out, Watch const& watch,
            PrintNext print_next) {
  constexpr std::chrono::milliseconds most_idle{100};
  constexpr int most_at_once = 1000;
  for (std::uint64_t told = 0;;) {
    bool const is_over = is_interrupted != 0 || !is_still_there(where, entry) || !is_linked(where, in);
    int printed = 0;
    while (printed < most_at_once && print_next()) ++printed;
    out.flush();
    tell_lost(watch.lost(), told);
    if (is_over && (is_interrupted != 0 || printed < most_at_once)) return;
    auto const next_or_end = [&] { return is_interrupted != 0 || print_next(); };
    if (printed == 0) look_for(deadline::after(most_idle), wait_strategy::adaptive, next_or_end);
  }
}

}  // namespace

int follow_elements(command_options const& options, std::string_view segment_name, std::string_view entry_name,
                    std::uint64_t last) {
  for (int const number : {SIGINT, SIGTERM}) std::signal(number, [](int) { is_interrupted = 1; });
  auto const where = segment::open_read_only(segment_name, options.where);
  auto const entry = find_entry(where, entry_name).value();
  operations_for(entry).value();
  auto const how = options.as_json ? notation::json : notation::text;
  output out{stdout};
  if (entry.kind() == "message_ring") {
    message_watch watch{message_ring_bytes::adopt(entry).value()};
    watch.seek_last(last);
    follow(where, entry, options.where, out, watch, [&] {
      auto const got = watch.next();
      if (!got) return false;
      print_message(out, *got, how);
      out.write("\n");
      return true;
    });
  } else if (entry.kind() == "ring") {
    auto const type = type_of(where, entry).value();
    sample_watch watch{ring_bytes::adopt(entry).value(), last};
    element_printer printer{out, how};
    follow(where, entry, options.where, out, watch, [&] {
      auto const* const got = watch.next();
      if (got == nullptr) return false;
      printer.print(type, *got);
      out.write("\n");
      return true;
    });
  } else {
    throw error{{errc::kind_mismatch, fmt::format("'{}' is of kind {}: only ring and message_ring can be followed",
                                                  entry.name(), entry.kind())}};
  }
  return success;
}

}  // namespace stoa::tools
