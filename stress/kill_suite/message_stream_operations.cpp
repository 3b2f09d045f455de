// Streams in a message_ring: of a dead writer's what it had sent is told, and then that it is broken, once; those of
// others come whole. Who takes a dead reader's place is told what has become of each stream that is not over.
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <stoa/message_stream_reader.hpp>
#include <stoa/message_stream_writer.hpp>
#include <type_traits>

#include "message_ring_world.hpp"

namespace stoa::kill_suite {
namespace {

constexpr std::size_t chunk = 40;
enum stream_type : std::uint32_t { of_row = 5, of_repairer = 6, of_another = 7 };

std::vector<std::byte> bytes_of(std::uint32_t type, std::size_t size) { return numbered_message(type, size); }

// Chunk by chunk.
class numbered_stream {
 public:
  numbered_stream(message_ring const& ring, stream_type type) : writer_{ring, type, chunk}, type_{type} {}
  bool write() {
    auto const all = bytes_of(type_, writer_.written() + chunk);
    return writer_.try_write(std::span{all}.last(chunk)) == chunk;
  }
  message_stream_writer* operator->() noexcept { return &writer_; }

 private:
  message_stream_writer writer_;
  stream_type type_;
};

// What one reader was told of each stream.
struct told {
  std::vector<std::byte> bytes;
  std::vector<stream_end> ends;
  bool is_open() const noexcept { return ends.empty(); }
};

template <class Source>
class stream_log {
 public:
  explicit stream_log(Source source) : reader_{std::move(source)} {}
  std::size_t read(std::size_t limit = ~std::size_t{0}) {
    return reader_.poll([this](message_chunk const& each) {
      auto& stream = streams_[each.type];
      stream.bytes.insert(stream.bytes.end(), each.data.begin(), each.data.end());
      if (each.end != stream_end::none) stream.ends.push_back(each.end);
    }, limit);
  }
  told const* find(stream_type which) const {
    auto const found = streams_.find(which);
    return found == streams_.end() ? nullptr : &found->second;
  }
  bool is_open(stream_type which) const { return find(which) != nullptr && find(which)->is_open(); }
  // Bytes and end; nothing of one that was not begun.
  contents summary(stream_type which, complaints& bad) const {
    auto const* const got = find(which);
    if (got == nullptr) return {};
    auto const expected = bytes_of(which, got->bytes.size());
    bad.expect(got->bytes == expected, "bytes that were not written");
    bad.expect(got->ends.size() == 1, "an end that is not told once");
    return {got->bytes.size(), static_cast<std::uint64_t>(got->ends.empty() ? stream_end::none : got->ends.front())};
  }

 private:
  message_stream_reader<Source> reader_;
  std::map<std::uint32_t, told> streams_;
};

template <class Source>
Source source_of(message_ring const& ring) {
  if constexpr (std::is_same_v<Source, message_consumer>)
    return ring.consumer();
  else
    return ring.reader();
}

// What a victim has.
template <class Source>
struct party {
  segment home;
  message_ring ring;
  std::optional<numbered_stream> stream{};
  std::unique_ptr<stream_log<Source>> log{};
};

template <class Source>
struct stream_row {
  char const* name;
  void (*prepare)(party<Source>&);
  void (*run)(party<Source>&);
  contents before;
  contents after;
  bool reads = false;  // and the stream is this process's
};

template <class Source>
class stream_world final : public world {
 public:
  stream_world(stream_row<Source> const& what, message_ring_options const& options, mode)
      : row_{what}, ring_{home_.publish<message_ring>("m", ring_bytes_of_scene, options)} {
    if (row_.reads && is_group) {
      write_streams_of_row();
      return;
    }
    log_ = std::make_unique<stream_log<Source>>(source_of<Source>(ring_));
    if (row_.reads) write_streams_of_row();
    begin_another();
  }
  task victim() override {
    segment home = segment::open(name_);
    auto ring = home.attach<message_ring>("m");
    auto const self = std::make_shared<party<Source>>(party<Source>{std::move(home), std::move(ring)});
    row_.prepare(*self);
    self->home.attachment().my_lane();
    return [self, run = row_.run, &done = done()] {
      run(*self);
      done.is_done = true;
    };
  }
  void meet_victim() override {
    if (log_) log_->read();
  }
  task repairer() override {
    auto const self = std::make_shared<actor>(made_ready<actor>(name_, done(), readiness::has_lane));
    auto const stream = std::make_shared<numbered_stream>(*self->attached, of_repairer);
    return [self, stream] {
      (*self)->recover();
      static_cast<void>(stream->write());
    };
  }
  contents found(std::size_t way, complaints& bad) override {
    if (way % 2 == 1) ring_.recover();
    if (!log_) log_ = std::make_unique<stream_log<Source>>(source_of<Source>(ring_));
    if (!another_) begin_another();
    bad.expect(another_->write() && (*another_)->try_finish(), "another stream finds no room");
    // What is behind all else comes last.
    while (log_->find(of_another) == nullptr || log_->is_open(of_another) || log_->is_open(of_row) ||
           log_->is_open(of_repairer))
      log_->read();
    bad.expect(log_->read() == 0, "something comes after the end");
    bad.expect_same(log_->summary(of_another, bad), expected_of_another(), "another stream");
    static_cast<void>(log_->summary(of_repairer, bad));
    return log_->summary(of_row, bad);
  }
  void expect_nothing_leaked(complaints& bad) override {
    log_.reset();
    ring_.recover();
    auto const complain = [&](char const* what) { bad.add(what); };
    if (!is_group)
      check_laps_of_reader(bad);
    else
      has_blocks() ? check_all_blocks(ring_, complain) : check_all_room(ring_, complain);
    expect_all_lanes([&] { home_.attachment().my_lane(); }, bad);
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    ring_.recover();
    if (!log_) return;  // the victim is the only reader there may be
    log_->read();
    auto const* const got = log_->find(of_row);
    if (got != nullptr && !got->is_open())
      bad.expect(got->ends.front() != stream_end::broken, "of a writer that is stopped it is said to be dead");
  }

 private:
  static constexpr bool is_group = std::is_same_v<Source, message_consumer>;

  bool has_blocks() const { return ring_.largest_in_record() == large_of_scene.above; }
  void begin_another() {
    another_.emplace(ring_, of_another);
    static_cast<void>(another_->write());
  }
  static contents expected_of_another() { return {2 * chunk, static_cast<std::uint64_t>(stream_end::finished)}; }
  // Two chunks and an end.
  void write_streams_of_row() {
    numbered_stream whole{ring_, of_row};
    static_cast<void>(whole.write() && whole.write() && whole->try_finish());
  }
  void check_laps_of_reader(complaints& bad) const {
    auto reader = ring_.reader(message_start::next);
    for (std::uint64_t n = 0; n < 3 * ring_units; ++n) {
      bad.expect(send_number(ring_, n), "room was lost");
      bad.expect(reader.poll([](auto const&) {}) == 1, "a message is not there");
    }
  }

  stream_row<Source> row_;
  message_ring ring_;
  std::unique_ptr<stream_log<Source>> log_;
  std::optional<numbered_stream> another_;
};

template <class Source>
void nothing(party<Source>& self) {
  self.stream.emplace(self.ring, of_row);
}
template <class Source>
void begin(party<Source>& self) {
  nothing(self);
  static_cast<void>(self.stream->write());
}
template <class Source>
void write(party<Source>& self) {
  static_cast<void>(self.stream->write());
}
template <class Source>
void finish(party<Source>& self) {
  static_cast<void>((*self.stream)->try_finish());
}
template <class Source>
void abort(party<Source>& self) {
  static_cast<void>((*self.stream)->try_abort());
}
template <class Source>
void give_up(party<Source>& self) {
  self.stream.reset();
}
template <class Source>
void read_nothing(party<Source>& self) {
  self.log = std::make_unique<stream_log<Source>>(source_of<Source>(self.ring));
}
template <class Source>
void read_all_but_the_end(party<Source>& self) {
  read_nothing(self);
  self.log->read(2);
}
template <class Source>
void read_one(party<Source>& self) {
  self.log->read(1);
}

contents ended(std::uint64_t chunks, stream_end how) { return {chunks * chunk, static_cast<std::uint64_t>(how)}; }

}  // namespace

std::vector<operation> message_stream_operations() {
  using by_one = message_consumer;
  using by_all = message_reader;
  auto const broken = [](std::uint64_t chunks) { return ended(chunks, stream_end::broken); };
  auto const finished = [](std::uint64_t chunks) { return ended(chunks, stream_end::finished); };
  std::vector<operation> out;
  add_message_rings<stream_world<by_one>, stream_row<by_one>>(
      out,
      {
          {"stream: begin", nothing, write, {}, broken(1)},
          {"stream: write", begin, write, broken(1), broken(2)},
          {"stream: finish", begin, finish, broken(1), finished(1)},
          {"stream: finish nothing", nothing, finish, {}, finished(0)},
          {"stream: abort", begin, abort, broken(1), ended(1, stream_end::aborted)},
          {"stream: give up", begin, give_up, broken(1), ended(1, stream_end::aborted)},
          {"stream: read a chunk", read_nothing, read_one, finished(2), broken(0), true},
          {"stream: read the end", read_all_but_the_end, read_one, broken(0), {}, true},
      },
      options_of_scene());
  add_message_rings<stream_world<by_one>, stream_row<by_one>>(
      out,
      {
          {"large stream: begin", nothing, write, {}, broken(1)},
          {"large stream: finish", begin, finish, broken(1), finished(1)},
      },
      with_blocks(options_of_scene()));
  auto for_all = options_of_scene();
  for_all.delivery = delivery::broadcast;
  add_message_rings<stream_world<by_all>, stream_row<by_all>>(
      out,
      {
          {"broadcast stream: write", begin, write, broken(1), broken(2)},
          {"broadcast stream: finish", begin, finish, broken(1), finished(1)},
          {"broadcast stream: read", read_nothing, read_one, finished(2), finished(2), true},
      },
      for_all);
  return out;
}

}  // namespace stoa::kill_suite
