// What a dead producer had claimed is passed over, what a dead consumer had taken goes to another, what a dead reader
// had not read holds nobody up; what a stopped one holds is its own.
#include <algorithm>

#include "message_ring_world.hpp"

namespace stoa::kill_suite {
namespace {

void nothing(message_ring const&) {}
void first_was_returned(message_ring const& ring) { static_cast<void>(ring.consumer().try_receive()); }
void two_were_returned(message_ring const& ring) {
  auto const consumer = ring.consumer();
  auto const first = consumer.try_receive();
  auto const second = consumer.try_receive();
}
void one_was_aborted(message_ring const& ring) { static_cast<void>(ring.claim(200)); }
void first_is_gone(message_ring const& ring) { ring.consumer().try_receive()->commit(); }

class group_world final : public message_ring_world {
 public:
  group_world(message_ring_row const& what, message_ring_options const& options, mode)
      : message_ring_world{what, options} {
    fill();
    if (what.arrange == first_is_gone) balance_.note_out(1);
  }
  // Settles, takes a message back if there is one to be taken back, and gives it on; if there are blocks, takes one
  // that may be a dead one's.
  task repairer() override {
    return [self = made_ready<actor>(name_, done(), readiness::has_lane), has_blocks = has_blocks()] {
      self->recover();
      static_cast<void>(self->consumer().try_receive());
      if (has_blocks) static_cast<void>(self->claim(size_of_message(50)));
    };
  }
  contents found(std::size_t way, complaints& bad) override {
    auto out = drained_by(way, bad, is_all_);
    // What a dead consumer had taken comes first for those who look for the dead; who does not look
    // until he finds nothing gets it last.
    if (way % 3 == 2) std::ranges::sort(out);
    return out;
  }
  void expect_nothing_leaked(complaints& bad) override {
    auto const complain = [&](char const* what) { bad.add(what); };
    has_blocks() ? check_all_blocks(ring_, complain) : check_all_room(ring_, complain);
    expect_all_lanes([&] { home_.attachment().my_lane(); }, bad);
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    ring_.recover();
    for (std::uint64_t n = 200; n < 202; ++n)
      if (send_number(ring_, n)) balance_.note_in(n);
    auto const consumer = ring_.consumer();
    std::uint64_t got = 0;
    // Nor does anybody get past what it holds.
    while (auto each = consumer.try_receive()) {
      balance_.note_out(number_in(each->data()));
      each->commit();
      ++got;
    }
    bad.expect(got >= row_.untouched, fmt::format("kept from message {} of those before it", got));
    is_all_ = false;
  }
  void expect_balance(contents const&, complaints& bad) override {
    balance_.add(done());
    balance_.add_rest(found(0, bad));
    balance_.expect_even(bad);
  }

 private:
  bool is_all_ = true;
};

constexpr std::uint32_t places_for_readers = 3;
message_ring_options broadcast(when_full full) {
  return {.checksum = true,
          .delivery = delivery::broadcast,
          .when_full = full,
          .max_readers = places_for_readers,
          .first_position = position_before_wrap};
}

// Seen by a reader of the world's own, who is there from the beginning.
class broadcast_world final : public message_ring_world {
 public:
  broadcast_world(message_ring_row const& what, message_ring_options const& options, mode)
      : message_ring_world{what, options} {
    // From here on every send must make room.
    for (std::uint64_t n = 0; n < 3 * ring_units; ++n) {
      static_cast<void>(send_number(ring_, n));
      static_cast<void>(reader_.poll([](auto const&) {}));
    }
    fill();
  }
  task repairer() override {
    return [self = made_ready<actor>(name_, done(), readiness::has_lane)] {
      self->recover();
      static_cast<void>(self->reader().try_receive());
    };
  }
  contents found(std::size_t way, complaints& bad) override {
    if (way % 2 == 1) ring_.recover();
    auto const next = [&] {
      return way % 2 == 1 ? reader_.try_receive() : reader_.receive_for(std::chrono::milliseconds{0});
    };
    while (auto const got = next()) {
      bad.expect(is_numbered_message(got->data()), "a torn message");
      bad.expect(got->sequence() + 1 == reader_.sequence(), "a gap in the sequence");
      seen_.push_back(number_in(got->data()));
    }
    reader_.done();
    bad.expect(reader_.lost() == 0, "messages were lost");
    bad.expect(reader_.sequence() == 3 * ring_units + seen_.size(), "sequences are counts");
    return seen_;
  }
  void expect_nothing_leaked(complaints& bad) override {
    ring_.recover();
    for (std::uint64_t n = 0; n < 3 * ring_units; ++n) {
      bad.expect(send_number(ring_, n), "room was lost");
      bad.expect(reader_.poll([](auto const&) {}) == 1, "a message is not there");
    }
    if (has_blocks()) {
      for (std::uint64_t n = 0; n < blocks_of_scene; ++n)
        bad.expect(send_number(ring_, 301 + 3 * n), "a block was lost");
      bad.expect(reader_.poll([](auto const&) {}) == blocks_of_scene, "messages in all blocks");
    }
    {
      std::vector<message_reader> others;
      for (std::uint32_t i = 1; i < places_for_readers; ++i) try {
          others.push_back(ring_.reader());
        } catch (error const&) {
          bad.add("a reader's place was lost");
        }
    }
    expect_all_lanes([&] { home_.attachment().my_lane(); }, bad);
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    is_sent_ = send_number(ring_, 200);
    auto const got = found(1, bad).size();
    bad.expect(got >= row_.untouched, fmt::format("kept from message {} of those before it", got));
  }
  void expect_balance(contents const& after, complaints& bad) override {
    auto expected = after;
    if (is_sent_) expected.push_back(200);
    auto got = found(0, bad);
    std::ranges::sort(got);
    std::ranges::sort(expected);
    bad.expect_same(got, expected, "after it went on");
  }

 private:
  message_reader reader_ = ring_.reader();
  contents seen_;
  bool is_sent_ = false;
};

void read_one(actor& self) { static_cast<void>(self->reader().try_receive()); }

}  // namespace

std::vector<operation> message_ring_operations() {
  std::vector<operation> out;
  add_message_rings<group_world>(
      out,
      {
          {"send", 1, nothing, send, {1}, {1, 50}, 1},
          {"send that fills the end", 1, nothing, send_longer, {1}, {1, 52}, 1},
          {"first send of a thread", 2, nothing, send, {1, 2}, {1, 2, 50}, 2, readiness::attached},
          {"send to a full ring", 6, one_was_aborted, send, {1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}, 6},
          {"send that reclaims", 6, first_is_gone, send_shorter, {2, 3, 4, 5, 6}, {2, 3, 4, 5, 6, 51}, 5},
          {"send_n", 1, nothing, send_three, {1}, {1, 50, 51, 52}, 1},
          {"claim and commit", 2, nothing, claim_and_commit, {1, 2}, {1, 2, 50}, 2},
          {"claim and abort", 2, nothing, claim_and_abort, {1, 2}, {1, 2}, 2},
          {"receive", 3, nothing, receive, {1, 2, 3}, {2, 3}, 2},
          {"receive of a returned message", 3, first_was_returned, receive, {1, 2, 3}, {2, 3}, 2},
          {"poll", 3, nothing, poll_one, {1, 2, 3}, {2, 3}, 2},
          {"receive a copy", 3, nothing, receive_copy, {1, 2, 3}, {2, 3}, 2},
          {"receive and abort", 3, nothing, receive_and_abort, {1, 2, 3}, {1, 2, 3}, 2},
          {"receive and abort, returned", 3, two_were_returned, receive_and_abort, {1, 2, 3}, {1, 2, 3}, 1},
      },
      options_of_scene());
  // Those who would sleep.
  contents const six{1, 2, 3, 4, 5, 6};
  add_message_rings<group_world>(out,
                                 {
                                     {"send_for", 6, one_was_aborted, send_in_time, six, six, 6},
                                     {"receive_for", 0, nothing, receive_in_time, {}, {}, 0},
                                 },
                                 options_of_scene());
  // Messages 1, 2, 4 and 50 lie in blocks, of which there are three.
  add_message_rings<group_world>(
      out,
      {
          {"large: send", 2, nothing, send, {1, 2}, {1, 2, 50}, 2},
          {"large: send without a free block", 4, nothing, send, {1, 2, 3, 4}, {1, 2, 3, 4}, 4},
          {"large: send in the block of one that is done", 4, first_is_gone, send, {2, 3, 4}, {2, 3, 4, 50}, 3},
          {"large: claim and commit", 2, nothing, claim_and_commit, {1, 2}, {1, 2, 50}, 2},
          {"large: claim and abort", 2, nothing, claim_and_abort, {1, 2}, {1, 2}, 2},
          {"large: receive", 3, nothing, receive, {1, 2, 3}, {2, 3}, 2},
          {"large: receive of a returned message", 3, first_was_returned, receive, {1, 2, 3}, {2, 3}, 2},
          {"large: receive and abort", 3, nothing, receive_and_abort, {1, 2, 3}, {1, 2, 3}, 2},
      },
      with_blocks(options_of_scene()));
  add_message_rings<broadcast_world>(out,
                       {
                           {"broadcast: send", 2, nothing, send, {1, 2}, {1, 2, 50}, 2},
                           {"broadcast: read", 2, nothing, read_one, {1, 2}, {1, 2}, 2},
                       },
                       broadcast(when_full::wait));
  add_message_rings<broadcast_world>(out,
                       {
                           {"large broadcast: send", 2, nothing, send, {1, 2}, {1, 2, 50}, 2},
                           {"large broadcast: claim and abort", 2, nothing, claim_and_abort, {1, 2}, {1, 2}, 2},
                           {"large broadcast: read", 2, nothing, read_one, {1, 2}, {1, 2}, 2},
                       },
                       with_blocks(broadcast(when_full::wait)));
  add_message_rings<broadcast_world>(out, {{"overwriting: send", 2, nothing, send, {1, 2}, {1, 2, 50}, 2}},
                       broadcast(when_full::overwrite));
  add_message_rings<broadcast_world>(out, {{"large overwriting: send", 1, nothing, send, {1}, {1, 50}, 1}},
                       with_blocks(broadcast(when_full::overwrite)));
  return out;
}

}  // namespace stoa::kill_suite
