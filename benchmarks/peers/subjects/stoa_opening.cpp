// stoa: what opening and finding cost, also with many participants and names; and what structures take.
#include <stoa/stoa.hpp>

#include "../cases/alone.hpp"

using namespace stoa::literals;

namespace stoa::benchmarks::stoa_opening_subject {
namespace {

void open(measure_operation const& measure) {
  auto const keep = segment::create(fresh_name() + "-open", 64_MiB);
  measure([&] { segment::open(keep.name()); });
}
void open_read_only(measure_operation const& measure) {
  auto const keep = segment::create(fresh_name() + "-open", 64_MiB);
  measure([&] { segment::open_read_only(keep.name()); });
}

// One name after the other.
void attach_among(std::uint32_t entries, measure_operation const& measure) {
  auto const home = segment::create(fresh_name() + "-attach", entries * 512 + 1_MiB, {.max_entries = entries});
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < entries; ++i) {
    names.push_back(fmt::format("instrument/{}", i));
    home.publish<array<double>>(names.back(), 4);
  }
  std::size_t next = 0;
  measure([&] {
    if (home.attach<array<double>>(names[next++ % names.size()]).size() != 4) throw std::runtime_error{"another array"};
  });
}

// So many have the segment open; each open is a participant.
struct crowd {
  explicit crowd(std::uint32_t participants)
      : home{segment::create(fresh_name() + "-crowd", 1_MiB, {.max_participants = participants + 1})} {
    for (std::uint32_t i = 1; i < participants; ++i) others.push_back(segment::open(home.name()));
  }
  segment home;
  std::vector<segment> others;
};
void work_beside(std::uint32_t participants, measure_operation const& measure) {
  crowd const all{participants};
  measure([&] { segment::open(all.home.name()); });
  auto const queue = all.home.publish<stoa::queue<std::uint64_t>>("queue", 1024);
  measure([&] {
    if (!queue.try_push(1) || queue.try_pop() != 1) throw std::runtime_error{"an element is gone"};
  });
}

template <structure S, class... Shape>
void enter_memory(char const* what, double elements, Shape... shape) {
  auto const heading = fmt::format("{}, an element", what);
  enter({"memory", heading, "stoa", [=](round_settings const&) {
           typename S::shape const asked(shape...);
           auto const bytes = static_cast<double>(S::bytes_for(asked).value());
           return std::vector<measurement>{{heading, "bytes", better::lower, bytes / elements}};
         }});
}

using words = std::array<std::uint64_t, 8>;

effort effort_for(std::uint32_t how_many) { return how_many > 256 ? effort::large : effort::usual; }

bool enter_all() {
  enter_alone("opening", {"open and leave a segment"}, "stoa", open);
  enter_alone("opening", {"open it to look only"}, "stoa", open_read_only);
  enter_alone("opening", {"find one name among 256"}, "stoa", [](auto const& measure) { attach_among(256, measure); });
  for (auto const entries : {1u, 64u, 4096u, 32768u})
    enter_alone("many", {fmt::format("find one name among {}", entries)}, "stoa",
                [=](auto const& measure) { attach_among(entries, measure); }, effort_for(entries));
  for (auto const participants : {1u, 16u, 256u, most_participants - 1})
    enter_alone("many", {fmt::format("open beside {} participants", participants),
                         fmt::format("queue: push and pop beside {} participants", participants)},
                "stoa", [=](auto const& measure) { work_beside(participants, measure); }, effort_for(participants));
  enter_memory<spsc_queue<words>>("spsc_queue of 1024, 64 bytes each", 1024, 1024);
  enter_memory<stoa::queue<words>>("queue of 1024, 64 bytes each", 1024, 1024);
  enter_memory<ring<words>>("ring of 1023, 64 bytes each", 1023, 1023);
  enter_memory<stack<words>>("stack of 1000, 64 bytes each", 1000, 1000);
  enter_memory<object_pool<words>>("object_pool of 1000, 64 bytes each", 1000, 1000);
  return true;
}
bool const entered = enter_all();

}  // namespace
}  // namespace stoa::benchmarks::stoa_opening_subject
