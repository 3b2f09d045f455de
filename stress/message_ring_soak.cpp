// Four message_rings, two for a group, one of which drops the oldest when it is full, one that waits for its readers
// and one that does not, and processes that send, receive and read, killed or stopped at random every few milliseconds
// and replaced.
//
//   message_ring_soak [--seconds N] [--seed N] [--capacity N]
//
// Messages have numbers, of which the audit knows (element_audit.hpp), and lengths and bytes that follow from them.
//   lost       sent, and not received by anybody in the group, or by the reader that is never killed
//   twice      received more than once. A consumer that is killed after it noted a message and before commit had
//              finished: the message comes again, and its journal must name it.
//   torn       bytes that are not those of its number
//   mixed up   a sequence number that was seen with two different messages
//   misplaced  a reader that finds another sequence number than the one before and what it lost tell, or the
//              messages of one sender in another order
//   gaps       sequence numbers without message. Where a group's oldest are dropped these are the dropped ones, and the
//              ring must have counted them: but for one that a sender was killed with, or one that was dropped when a
//              consumer had noted it and was killed before commit.
// Also says how long survivors waited. Exit status 0 if none of these happened.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <random>
#include <set>
#include <stoa/stoa.hpp>
#include <string>
#include <utility>
#include <vector>

#include "message_ring_notes.hpp"
#include "soak.hpp"
#include "soak_worker.hpp"

using namespace stoa::literals;
using namespace stoa::stress;
using namespace std::chrono_literals;
using stoa::testing::number_in;
using stoa::testing::numbered_message;
using stoa::delivery;
using stoa::when_full;
using content = std::vector<std::byte>;
using enum message_ring_notes::counter;

namespace {

constexpr std::size_t batch_size = 5;

struct settings : soak_settings {
  std::uint64_t capacity = 32768;
};

enum class role { sender, holder, poller, reader, keeper };
struct scene_kind {
  char const* name;
  delivery to;
  when_full full;
  std::array<role, workers_per_ring> roles;
};
constexpr std::array<scene_kind, 4> scenes{{
    {"group", delivery::group, when_full::wait, {role::sender, role::sender, role::holder, role::poller}},
    {"dropping", delivery::group, when_full::overwrite, {role::sender, role::sender, role::holder, role::poller}},
    {"waiting", delivery::broadcast, when_full::wait, {role::keeper, role::sender, role::sender, role::reader}},
    {"fast", delivery::broadcast, when_full::overwrite, {role::sender, role::sender, role::reader, role::reader}},
}};

// --- those who send ---

std::size_t send_batch(message_ring_notes const& all, std::uint64_t first, std::uint64_t count) {
  std::vector<content> messages;
  for (std::uint64_t i = 0; i < count; ++i) messages.push_back(message_of(first + i));
  std::vector<std::span<std::byte const>> const batch(messages.begin(), messages.end());
  return all.ring.try_send_n(batch);
}

bool send_in_place(message_ring_notes const& all, std::uint64_t number, bool is_aborted) {
  auto slot = all.waits.timed([&] { return all.ring.claim_for(size_of(number), 0, 1s); });
  if (!slot) return false;
  std::ranges::copy(message_of(number), slot.data());
  if (is_aborted) return false;
  slot.commit();
  return true;
}

void send_for_ever(message_ring_notes const& all) {
  constexpr auto run = element_audit::numbers_at_once;
  std::minstd_rand random{static_cast<unsigned>(::getpid())};
  while (auto const first = all.audit.next_numbers())
    for (std::uint64_t done = 0; done < run;) {
      auto const next = *first + done;
      std::size_t sent = 0;
      switch (random() % 4) {
        case 0: sent = send_batch(all, next, std::min<std::uint64_t>(batch_size, run - done)); break;
        case 1: sent = send_in_place(all, next, random() % 4 == 0); break;
        default: sent = all.waits.timed([&] { return all.ring.send_for(message_of(next), 0, 1s); });
      }
      for (std::size_t i = 0; i < sent; ++i) all.audit.report(next + i);
      done += sent;
    }
}

// --- the group ---

void note(message_ring_notes const& all, stoa::message_view const& got, std::size_t worker) {
  auto const number = all.number_of(got);
  if (!number) return;
  all.note_place(got.sequence(), *number);
  all.journal.atomic(worker).store(*number + 1);
  all.audit.take(element::of(*number));
}

// Holds several at once, and now and then gives one back.
void hold_for_ever(message_ring_notes const& all, std::size_t worker) {
  auto const consumer = all.ring.consumer();
  std::minstd_rand random{static_cast<unsigned>(::getpid())};
  std::vector<stoa::message> held;
  for (;;) {
    if (auto got = all.waits.timed([&] { return consumer.receive_for(1s); })) held.push_back(std::move(*got));
    while (held.size() < batch_size) {
      auto got = consumer.try_receive();
      if (!got) break;
      held.push_back(std::move(*got));
    }
    for (auto& each : held) {
      if (random() % 64 == 0) continue;
      note(all, each, worker);
      each.commit();
      all.journal.atomic(worker).store(0);
    }
    held.clear();
  }
}

void poll_for_ever(message_ring_notes const& all, std::size_t worker) {
  auto const consumer = all.ring.consumer();
  for (;;) {
    auto const done = consumer.poll([&](auto const& each) { note(all, each, worker); }, batch_size);
    all.journal.atomic(worker).store(0);
    if (done != 0) continue;
    if (auto got = all.waits.timed([&] { return consumer.receive_for(1s); })) {
      note(all, *got, worker);
      got->commit();
      all.journal.atomic(worker).store(0);
    }
  }
}

// --- those who get everything ---

// Of one reader: nothing is missing between its messages, and those of each sender come in order.
class reading {
 public:
  reading(stoa::message_reader& reader, message_ring_notes const& notes)
      : reader_{&reader}, notes_{&notes}, next_{reader.sequence()}, newest_(notes.audit.runs()) {}

  std::optional<std::uint64_t> look(stoa::message_view const& got) {
    auto const lost = reader_->lost() - std::exchange(lost_, reader_->lost());
    notes_->count(lost_by_readers, lost);
    if (got.sequence() != std::exchange(next_, got.sequence() + 1) + lost) notes_->count(misplaced);
    auto const number = notes_->number_of(got);
    if (number) look_at_order(got.sequence(), *number);
    return number;
  }

 private:
  void look_at_order(std::uint64_t sequence, std::uint64_t number) {
    notes_->note_place(sequence, number);
    auto& newest = newest_.at(number / element_audit::numbers_at_once);
    auto const place = static_cast<std::uint16_t>(number % element_audit::numbers_at_once + 1);
    if (place <= newest) notes_->count(misplaced);
    newest = place;
  }

  stoa::message_reader* reader_;
  message_ring_notes const* notes_;
  std::uint64_t next_;
  std::uint64_t lost_ = 0;
  std::vector<std::uint16_t> newest_;  // of each run of numbers, which is one sender's: the last that was seen
};

[[noreturn]] void read_for_ever(stoa::message_ring const& ring, message_ring_notes const& notes) {
  auto reader = ring.reader(::getpid() % 2 == 0 ? stoa::message_start::oldest : stoa::message_start::next);
  reading seen{reader, notes};
  for (;;)
    if (auto const got = reader.receive_for(1ms)) seen.look(*got);
}

// The reader that is not killed: it gets every message, and the books are its own. Ends when nothing more comes.
void keep_for_ever(message_ring_notes const& all) {
  auto reader = all.ring.reader();
  reading seen{reader, all};
  all.count(is_keeping);
  for (bool ending = false; !ending;) {
    ending = all.at(is_over) != 0;
    while (auto const got = reader.receive_for(50ms))
      if (auto const number = seen.look(*got)) all.audit.take(element::of(*number));
  }
  all.counts.atomic(is_keeping).store(0);
}

// --- one ring and its workers ---

void work(std::string const& segment, scene_kind const& what, std::size_t worker) {
  message_ring_notes const all{stoa::segment::open(segment)};
  switch (what.roles[worker]) {
    case role::sender: send_for_ever(all); break;
    case role::holder: hold_for_ever(all, worker); break;
    case role::poller: poll_for_ever(all, worker); break;
    case role::keeper: keep_for_ever(all); break;
    case role::reader:
      if (what.full == when_full::wait) read_for_ever(all.ring, all);
      read_for_ever(stoa::segment::open_read_only(segment).attach<stoa::message_ring>("ring"), all);
  }
}

class scene {
 public:
  scene(scene_kind const& what, settings const& with)
      : what_{what},
        name_{fmt::format("{}-{}", with.segment, what.name)},
        segment_{message_ring_notes::made(name_, what.to, what.full, with.capacity, with.seconds)} {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      start(i);
      while (what.roles[i] == role::keeper && all_.at(is_keeping) == 0) std::this_thread::yield();
    }
  }

  template <class Random>
  void disturb(std::size_t worker, Random& random) {
    if (what_.roles[worker] == role::keeper || random() % 4 == 0) {
      workers_[worker].stop_for(std::chrono::microseconds{random() % 5000});
      ++stops_;
    } else {
      kill(worker);
      start(worker);
    }
  }
  bool ends_well();

 private:
  void start(std::size_t i) {
    workers_[i].start([this, i] { work(name_, what_, i); });
  }
  void kill(std::size_t i) {
    workers_[i].kill();
    ++kills_;
    sender_kills_ += what_.roles[i] == role::sender;
    if (auto const noted = all_.journal.atomic(i).exchange(0); noted != 0) forgiven_.insert(noted - 1);
  }
  void stop_all();
  std::uint64_t count_gaps(std::uint64_t taken) const;
  bool is_usable() const;

  scene_kind const& what_;
  std::string name_;
  stoa::segment segment_;
  std::array<soak_worker, workers_per_ring> workers_;
  message_ring_notes all_{segment_};
  std::set<std::uint64_t> forgiven_;
  std::uint64_t kills_ = 0, stops_ = 0, sender_kills_ = 0;
};

void scene::stop_all() {
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (what_.roles[i] != role::keeper) kill(i);
  all_.ring.recover();
  if (what_.to == delivery::group) {
    while (auto got = all_.ring.consumer().receive_for(50ms)) {
      note(all_, *got, 0);
      got->commit();
    }
    return;
  }
  all_.count(is_over);
  while (all_.at(is_keeping) != 0) std::this_thread::sleep_for(1ms);
}

// Whether the ring takes what it could when it was new: all but one of its units. One that overwrites makes a little
// more room than was asked for, and says how much was lost.
bool scene::is_usable() const {
  auto const room = all_.ring.capacity() / stoa::record_unit - 1;
  auto const message = numbered_message(7, stoa::record_unit / 2);
  std::optional<stoa::message_reader> reader;
  if (what_.to == delivery::broadcast) reader.emplace(all_.ring.reader(stoa::message_start::next));
  for (std::uint64_t n = 0; n < room; ++n)
    if (!all_.ring.try_send(message)) return false;
  bool const is_complete = what_.full == when_full::wait;
  if (is_complete && all_.ring.try_send(message)) return false;
  std::uint64_t got = 0;
  auto const look = [&](auto const& each) { got += std::ranges::equal(each.data(), message); };
  if (!reader) return all_.ring.consumer().poll(look) == room && got == room;
  reader->poll(look);
  auto const least = is_complete ? room : room - room / 16 - 1;
  return got + reader->lost() == room && got >= least;
}

// Sequence numbers without message that nobody can account for.
std::uint64_t scene::count_gaps(std::uint64_t taken) const {
  if (what_.full == when_full::wait) return all_.count_gaps(taken);
  if (what_.to == delivery::broadcast) return 0;  // each reader has counted for itself
  auto const now = all_.ring.statistics();
  auto const gaps = all_.count_gaps(now.received);
  fmt::print("{}: {} were dropped, {} of them counted\n", what_.name, gaps, now.lost);
  auto const uncounted = gaps > now.lost ? gaps - now.lost : 0;
  auto const too_many = now.lost > gaps ? now.lost - gaps : 0;
  if (uncounted > sender_kills_) return uncounted;
  return too_many > forgiven_.size() ? too_many : 0;
}

bool scene::ends_well() {
  stop_all();
  auto found = all_.audit.judge(forgiven_);
  bool const is_complete = what_.full == when_full::wait;
  if (!is_complete) found.lost = 0;
  if (what_.to == delivery::broadcast && !is_complete) found.twice = 0;  // nobody takes them
  auto const gaps = count_gaps(found.taken);
  bool const usable = is_usable();
  fmt::print("{}: {} kills, {} stops; {} sent, {} received, {} lost by readers\n", what_.name, kills_, stops_,
             found.pushed, all_.at(received), all_.at(lost_by_readers));
  fmt::print("{}: lost {}, twice {} (and {} after a kill), torn {}, mixed up {}, misplaced {}, gaps {}; room {}\n",
             what_.name, found.lost, found.twice, found.forgiven, found.torn, all_.at(mixed_up),
             all_.at(misplaced), gaps, usable ? "all" : "NOT ALL");
  all_.waits.print(fmt::format("{}: longest wait of a survivor", what_.name));
  auto const lost = found.lost + (is_complete ? all_.at(lost_by_readers) : 0);
  auto const mistakes = all_.at(mixed_up) + all_.at(misplaced);
  return lost + found.twice + found.torn + mistakes + gaps == 0 && usable && found.pushed > 0 &&
         all_.at(received) > 0;
}

bool run(settings const& with) {
  std::vector<std::unique_ptr<scene>> all;
  for (auto const& each : scenes) all.push_back(std::make_unique<scene>(each, with));
  disturb_workers(with, scenes.size() * workers_per_ring, [&](std::size_t i, auto& random) {
    all[i / workers_per_ring]->disturb(i % workers_per_ring, random);
  });
  fmt::print("{} s, {} bytes\n", with.seconds, with.capacity);
  bool is_good = true;
  for (auto const& each : all) is_good = each->ends_well() && is_good;
  return is_good;
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills users of four message rings at random and looks whether anything was lost, torn or came twice"};
  app.add_option("--capacity", with.capacity, "of the rings, in bytes: no message is above half of it")
      ->check(CLI::Range(8192, 1 << 30))
      ->capture_default_str();
  return soak_main("message-ring-soak", app, with, argc, argv, &run);
}
