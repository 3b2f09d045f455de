// As live_segment_fuzzer, but a thread does and undoes the patches all the while: bytes change in the middle of calls.
// What it finds depends on the moment, and may have to be run again to be seen again.
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "live_trial.hpp"
#include "segment_target.hpp"

namespace stoa::fuzz {
namespace {

struct scribbling {
  testing::specimen const* whole;
  std::byte* base;
  std::vector<step> patches;
};

// A thread that lives as long as the process.
class scribbler {
 public:
  scribbler() : thread_{[this] { work(); }} {}
  scribbler(scribbler const&) = delete;
  scribbler& operator=(scribbler const&) = delete;
  ~scribbler() {
    is_over_ = true;
    start(nullptr);
    thread_.join();
  }

  // Until stop(). nullptr: nothing.
  void start(scribbling const* what) {
    what_ = what;
    turns_.fetch_add(1);
    turns_.notify_all();
  }
  void stop() {
    what_ = nullptr;
    while (is_at_it_) std::this_thread::yield();
  }
  // For who sleeps, and has for some time without anything having changed. Time is virtual: seconds would pass before
  // this thread, without a core, had undone what is waited for.
  void take_a_turn() {
    auto const now = rounds_.load();
    if (std::exchange(slept_in_, now) != now) naps_ = 0;
    if (++naps_ < most_naps) return;
    while (what_ != nullptr && rounds_ == now) std::this_thread::yield();
  }

 private:
  void work() {
    for (auto seen = std::uint64_t{0}; !is_over_;) {
      turns_.wait(seen);
      seen = turns_;
      is_at_it_ = true;
      // Once it is seen here, stop() waits.
      while (auto const* const what = what_.load()) {
        for (auto const& each : what->patches) {
          auto const done = apply_patch(each, *what->whole, what->base);
          if (each.how % 16 < 8) done.undo();
        }
        rounds_.fetch_add(1);
      }
      is_at_it_ = false;
    }
  }

  static constexpr int most_naps = 32;

  std::atomic<scribbling const*> what_{nullptr};
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<std::uint64_t> rounds_{0};
  std::uint64_t slept_in_ = 0;  // round of the last nap
  int naps_ = 0;                // in it
  std::atomic<bool> is_at_it_{false};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

scribbler& the_other() {
  static scribbler other;
  return other;
}

}  // namespace

void segment_target::run(fuzz_input const& input) {
  auto& other = the_other();
  live_trial trial{input, [&] { other.stop(); }};
  on_sleep([] {
    the_other().take_a_turn();
    mending::look();
  });
  scribbling what{&trial.whole(), trial.base(), {}};
  for (std::size_t i = 0; i < input.steps(); ++i)
    if (auto const each = input.at(i); each.what < first_that_is_no_patch) what.patches.push_back(each);
  if (!what.patches.empty()) other.start(&what);
  for (std::size_t i = 0; i < input.steps(); ++i)
    if (auto const each = input.at(i); each.what >= first_that_is_no_patch) trial.call(each);
  trial.call_all();
  other.stop();
}

}  // namespace stoa::fuzz
