// A group whose full ring drops the oldest messages that nobody holds: whatever a dead one had dropped, or was about to
// drop, is counted or there, what is held is not touched, and what a dead consumer had taken makes room as well.
#include <iterator>

#include "message_ring_world.hpp"

namespace stoa::kill_suite {
namespace {

struct overwriting_row : message_ring_row {
  std::size_t dropped = 0;  // messages that must make room for it
  std::size_t held = 0;     // the oldest, by this process
};

void nothing(message_ring const&) {}
void first_was_returned(message_ring const& ring) { static_cast<void>(ring.consumer().try_receive()); }

class overwriting_world final : public message_ring_world {
 public:
  overwriting_world(overwriting_row const& what, message_ring_options const& options, mode how)
      : message_ring_world{what, options}, expected_{what}, mode_{how} {
    fill();
    for (std::size_t i = 0; i < what.held; ++i) held_.push_back(*ring_.consumer().try_receive());
  }
  // Sends, and has the dead one's messages make room for it.
  task repairer() override {
    return [self = made_ready<actor>(name_, done(), readiness::has_lane)] {
      self->recover();
      static_cast<void>(send_number(*self.attached, sent_by_repairer));
    };
  }
  contents repaired(contents what) const override {
    what.push_back(sent_by_repairer);
    return what;
  }
  // What had to make room counts as there.
  contents found(std::size_t way, complaints& bad) override {
    auto there = drained_by(way, bad, mode_ == mode::kill);
    for (auto& each : held_) {
      bad.expect(is_numbered_message(each.data()), "a message that is held was overwritten");
      there.push_back(number_in(each.data()));
      each.commit();
    }
    std::ranges::sort(there);
    contents missing;
    std::ranges::set_difference(row_.before, there, std::back_inserter(missing));
    contents taken;  // by the victim
    std::ranges::set_difference(row_.before, row_.after, std::back_inserter(taken));
    contents dropped;
    std::ranges::set_difference(missing, taken, std::back_inserter(dropped));
    if (mode_ == mode::kill) judge_dropped(there, dropped, bad);
    if (mode_ == mode::pair) judge_lost(dropped.size(), taken.size(), bad);
    contents out;
    std::ranges::merge(there, dropped, std::back_inserter(out));
    return out;
  }
  void expect_nothing_leaked(complaints& bad) override {
    ring_.recover();
    check_laps(bad);
    // All room, and the next message is for the place of the oldest.
    if (has_blocks())
      check_full(blocks_of_scene, 301, bad);
    else
      check_full(room_of_scene, 300, bad);
    expect_all_lanes([&] { home_.attachment().my_lane(); }, bad);
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    ring_.recover();
    std::uint64_t sent = 0;
    for (std::uint64_t n = 200; n < 200 + others; ++n) {
      if (!send_number(ring_, n)) continue;
      balance_.note_in(n);
      ++sent;
    }
    auto const consumer = ring_.consumer();
    std::uint64_t got = 0;
    while (auto each = consumer.try_receive()) {
      auto const number = number_in(each->data());
      balance_.note_out(number);
      each->commit();
      got += number < 50 || number >= 200;  // not the victim's
    }
    if (sent < others)
      bad.expect(got + lost() < row_.filled + sent, "no room, and nobody has a message that could make some");
  }
  void expect_balance(contents const&, complaints& bad) override {
    balance_.add(done());
    balance_.add_rest(drained_by(0, bad, false));
    for (auto& each : held_) {
      bad.expect(is_numbered_message(each.data()), "a message that is held was overwritten");
      balance_.note_out(number_in(each.data()));
      each.commit();
    }
    balance_.expect_even_but(lost(), bad);
  }

 private:
  static constexpr std::uint64_t sent_by_repairer = 61;
  static constexpr std::uint64_t others = 3;

  std::uint64_t lost() const { return ring_.statistics().lost; }
  // Of one death: the oldest, no more than was necessary, and the last of them perhaps not counted.
  void judge_dropped(contents const& there, contents const& dropped, complaints& bad) const {
    contents const droppable(row_.before.begin() + static_cast<std::ptrdiff_t>(expected_.held), row_.before.end());
    bad.expect(std::ranges::equal(dropped, std::span{droppable}.first(std::min(dropped.size(), droppable.size()))),
               "others than the oldest were dropped");
    bad.expect(dropped.size() <= expected_.dropped, "more was dropped than had to make room");
    bad.expect(lost() == dropped.size() || lost() + 1 == dropped.size(), "what was dropped is not counted");
    bool const is_sent = std::ranges::find(there, 50u) != there.end();
    if (is_sent || done().is_done)
      bad.expect(dropped.size() == expected_.dropped && lost() == dropped.size(), "sent without room, or not counted");
  }
  // Of two: each may have died before it counted what it had dropped.
  void judge_lost(std::size_t dropped, std::size_t perhaps_more, complaints& bad) const {
    bad.expect(lost() <= dropped + perhaps_more && dropped <= lost() + 2, "what was dropped is not counted");
  }
  std::uint64_t count_drained() const {
    return ring_.consumer().poll([](auto const&) {});
  }
  void check_laps(complaints& bad) const {
    auto const before = lost();
    for (std::uint64_t n = 0; n < 3 * ring_units; ++n)
      bad.expect(send_number(ring_, n), "no room, and nobody holds any");
    bad.expect(count_drained() + lost() - before == 3 * ring_units, "neither there nor counted");
  }
  // That many, whose numbers are multiples of three from `first` on, fill it.
  void check_full(std::uint64_t count, std::uint64_t first, complaints& bad) const {
    auto const before = lost();
    for (std::uint64_t n = 0; n < count; ++n) bad.expect(send_number(ring_, first + 3 * n), "room was lost");
    bad.expect(lost() == before, "room was lost: something was dropped in an empty ring");
    bad.expect(send_number(ring_, first + 3 * count) && lost() == before + 1, "the oldest does not make room");
    bad.expect(count_drained() == count, "what filled the ring is not there");
  }

  overwriting_row expected_;
  mode mode_;
  std::vector<message> held_;
};

}  // namespace

std::vector<operation> message_overwriting_operations() {
  contents const six{1, 2, 3, 4, 5, 6};
  contents const and_50{1, 2, 3, 4, 5, 6, 50};
  std::vector<operation> out;
  // Thirteen of fifteen units are in use.
  add_message_rings<overwriting_world, overwriting_row>(
      out,
      {
          {{"dropping: send", 6, nothing, send, six, and_50, 0}, 1},
          {{"dropping: send, one returned", 6, first_was_returned, send, six, and_50, 0}, 1},
          {{"dropping: send, one is held", 6, nothing, send, six, six, 0}, 0, 1},
          {{"dropping: send_n", 6, nothing, send_three, six, {1, 2, 3, 4, 5, 6, 50, 51, 52}, 0}, 2},
          {{"dropping: claim and commit", 6, nothing, claim_and_commit, six, and_50, 0}, 1},
          {{"dropping: claim and abort", 6, nothing, claim_and_abort, six, six, 0}, 1},
          {{"dropping: receive", 6, nothing, receive, six, {2, 3, 4, 5, 6}, 0}},
          {{"dropping: receive and abort", 6, nothing, receive_and_abort, six, six, 0}},
      },
      options_of_scene(when_full::overwrite));
  // Messages 1, 2, 4 and 50 lie in blocks, of which there are three.
  contents const four{1, 2, 3, 4};
  contents const four_and_50{1, 2, 3, 4, 50};
  add_message_rings<overwriting_world, overwriting_row>(
      out,
      {
          {{"large dropping: send", 4, nothing, send, four, four_and_50, 0}, 1},
          {{"large dropping: one is held", 4, nothing, send, four, four_and_50, 0}, 1, 1},
          {{"large dropping: all are held", 4, nothing, send, four, four, 0}, 0, 4},
          {{"large dropping: abort", 4, nothing, claim_and_abort, four, four, 0}, 1},
          {{"large dropping: receive", 4, nothing, receive, four, {2, 3, 4}, 0}},
      },
      with_blocks(options_of_scene(when_full::overwrite)));
  return out;
}

}  // namespace stoa::kill_suite
