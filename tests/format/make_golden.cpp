// Makes the golden segments anew: make_golden DIRECTORY. Run by hand, and only when the format gets
// a new version: then its segments are added, and those of the versions before stay.
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <span>

#include "golden_content.hpp"
#include "golden_file.hpp"
#include "scratch.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace stoa::testing {
namespace {

// What differs from run to run: replaced, so that the same content gives the same file.
constexpr std::uint64_t some_time_ns = 1'700'000'000'000'000'000;
constexpr std::uint32_t some_pid = 4242;

template <class T>
void put(golden_bytes& bytes, std::uint64_t offset, T const& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}
template <class T>
T get(golden_bytes const& bytes, std::uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

void normalise_participant(golden_bytes& bytes, std::uint64_t at) {
  if (get<std::uint64_t>(bytes, at + offsetof(participant_record, generation)) == 0) return;
  if (get<std::uint64_t>(bytes, at + offsetof(participant_record, pid)) != 0)
    put(bytes, at + offsetof(participant_record, pid), std::uint64_t{some_pid});
  put(bytes, at + offsetof(participant_record, start_time), std::uint64_t{77});
  put(bytes, at + offsetof(participant_record, attached_ns), some_time_ns);
  put(bytes, at + offsetof(participant_record, name),
      std::array<char, 32>{'g', 'o', 'l', 'd', 'e', 'n'});
}

void normalise_entry(golden_bytes& bytes, std::uint64_t at) {
  if (get<char>(bytes, at) == '\0') return;
  put(bytes, at + offsetof(entry_record, creator_pid), some_pid);
  put(bytes, at + offsetof(entry_record, created_ns), some_time_ns);
}

void normalise(golden_bytes& bytes, segment_map const& map) {
  put(bytes, offsetof(segment_header, creator_pid), some_pid);
  put(bytes, offsetof(segment_header, created_ns), some_time_ns);
  put(bytes, offsetof(segment_header, segment_id), std::uint64_t{0x0123456789ABCDEF});
  put(bytes, offsetof(segment_header, checksum),
      std::uint64_t{XXH64(bytes.data(), offsetof(segment_header, checksum), 0)});
  auto const& layout = map.layout();
  for (std::uint64_t i = 0; i < map.limits().max_participants; ++i)
    normalise_participant(bytes, layout.participants_offset + i * sizeof(participant_record));
  for (std::uint64_t i = 0; i < layout.name_slots; ++i)
    normalise_entry(bytes, layout.entries_offset + i * sizeof(entry_record));
}

void fill_all_kinds(segment const& made) {
  made.publish<array<std::uint32_t>>("short-lived", 100);
  made.erase("short-lived");
  auto const prices = made.publish<array<double>>("prices", golden_prices.size());
  std::ranges::copy(golden_prices, prices.begin());
  auto const last = made.publish<value<trade>>("last", 2);
  for (std::uint64_t id = 1; id <= 3; ++id) last.store(make_trade(id));
  auto const trades = made.publish<queue<trade>>("trades", queue_shape{4, golden_first_ticket});
  for (std::uint64_t id = 1; id <= 4; ++id) trades.push(make_trade(id));
  for (int i = 0; i < 2; ++i) trades.pop();
  trades.push(make_trade(5));
  auto const steps = made.publish<spsc_queue<std::uint8_t>>("steps", 2);
  steps.push(7);
  steps.push(8);
  steps.pop();
  steps.push(9);
}

golden_bytes make_all_kinds(backing const& where) {
  std::optional made{segment::create("golden", 16384, golden_options(where))};
  auto const map = made->attachment().map();
  fill_all_kinds(*made);
  made.reset();  // in order: what is persistent stays
  auto bytes = read_file(where.path() / "golden");
  normalise(bytes, map);
  return bytes;
}

// A push as it is between the claim of its ticket and the publication of its element.
void begin_push(attachment& owner, queue_bytes const& queue) {
  auto const ticket = queue.header().tail.load(std::memory_order_relaxed);
  write_name(owner.my_lane().intent, make_what(queue.tag(), lane_op::push), ticket);
  queue.header().tail.store(ticket + 1, std::memory_order_release);
}

// The file is copied while both are attached: in the copy they are dead.
golden_bytes make_killed(backing const& where) {
  auto const consumer = segment::create("golden", 8192, golden_options(where));
  auto const trades = consumer.publish<queue<trade>>("trades", 4);
  for (std::uint64_t id = 1; id <= 2; ++id) trades.push(make_trade(id));
  auto const lease = trades.claim();
  auto const producer = segment::open("golden", where);
  auto const entry = producer.attachment().attach("trades", queue<trade>::identity()).value();
  begin_push(producer.attachment(), queue_bytes::adopt(entry->view()).value());
  auto bytes = read_file(where.path() / "golden");
  normalise(bytes, consumer.attachment().map());
  return bytes;
}

void write_golden(std::filesystem::path const& file, golden_bytes const& bytes) {
  std::ofstream out{file};
  out << to_golden_text(bytes);
  if (!out.flush()) throw std::runtime_error{"cannot write " + file.string()};
  std::cout << file.string() << '\n';
}

}  // namespace
}  // namespace stoa::testing

int main(int argc, char** argv) {
  using namespace stoa::testing;
  if (argc != 2) {
    std::cerr << "usage: make_golden DIRECTORY\n";
    return 2;
  }
  std::filesystem::path const target{argv[1]};
  scratch_directory const first, second;
  write_golden(target / "all_kinds_v1.hex", make_all_kinds(stoa::backing::directory(first.path())));
  write_golden(target / "killed_v1.hex", make_killed(stoa::backing::directory(second.path())));
}
