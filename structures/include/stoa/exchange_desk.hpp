// stoa/exchange_desk.hpp: what a client of an exchange, its pending calls and its replies share: the slots they hold.
//
// One slot is kept between calls, so that a call takes nothing. All of them belong to one thread at a time.
#pragma once
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <memory>
#include <stoa/attachment.hpp>
#include <stoa/exchange_bytes.hpp>
#include <stoa/fork_guard.hpp>
#include <utility>

namespace stoa::internal {

// A slot this client owns, and the generation of its last call: of the one under way, if there is one.
struct held_slot {
  exchange_slot slot;
  call_generation generation = 0;
  explicit operator bool() const noexcept { return static_cast<bool>(slot); }
};

// How waiting for a response ended.
enum class call_end { none, answered, server_died };

class exchange_desk : public boost::intrusive_ref_counter<exchange_desk, boost::thread_unsafe_counter> {
 public:
  exchange_desk(std::shared_ptr<attached_entry> entry, exchange_way const& way) noexcept
      : entry_{std::move(entry)}, way_{way} {}
  exchange_desk(exchange_desk const&) = delete;
  exchange_desk& operator=(exchange_desk const&) = delete;
  ~exchange_desk() {
    if (kept_) release(kept_);
  }

  exchange_way const& way() const noexcept { return way_; }

  // --- before a call ---

  bool may_ask(std::size_t size, std::uint32_t type) const noexcept {
    return size <= way_.payload_bytes() && type < first_reserved_type && epoch_ == stoa::fork_epoch();
  }
  failure why_not(std::size_t size, std::uint32_t type) const;
  held_slot take_kept() noexcept { return std::exchange(kept_, {}); }
  // Empty: none came free. Counted as a refusal.
  held_slot take_another(deadline until, wait_strategy strategy);
  failure no_slot() const;

  // --- a call ---

  // Publishes the request: the payload is written.
  void ask(held_slot& mine, std::size_t size, std::uint32_t type) const noexcept {
    mine.generation = (mine.generation + 1) & call_generation_mask;
    mine.slot.ask(mine.generation, static_cast<std::uint32_t>(size), type);
    wake(way_.header().servers);
  }
  static bool is_answered(held_slot const& mine) noexcept {
    return call_generation_of(mine.slot.response_word()) == mine.generation;
  }
  // none: not before `until`.
  call_end wait(held_slot const& mine, deadline until, wait_strategy strategy) const {
    constexpr int looks = 128;
    if (strategy != wait_strategy::sleep)
      for (int i = 0; i < looks; ++i)
        if (is_answered(mine)) [[likely]] return call_end::answered;
    return wait_longer(mine, until, strategy);
  }

  // --- after a call ---

  // Nobody wants the response any more. True: it had come before; the slot is still held. False: it is not.
  bool give_up(held_slot const& mine);
  // The size of a response that is there and good; else the slot is put back, and this is why.
  result<std::uint32_t> read(held_slot const& mine) {
    auto const size = mine.slot.response().size.load(std::memory_order_relaxed);  // exchange_slot.hpp:A2 came before
    bool const is_good = response_state_of(mine.slot.response_word()) == response_state::done;
    if (is_good && size <= way_.payload_bytes()) [[likely]] return size;
    return bad_response(mine);
  }
  // The error of a call that did not end with a response.
  failure failed(call_end how) const;
  failure not_in_time() const;

  // Keeps the slot for the next call, or lets others have it.
  void put_back(held_slot const& mine) noexcept {
    if (kept_) {
      release(mine);
    } else {
      kept_ = mine;
    }
  }

 private:
  [[gnu::noinline]] call_end wait_longer(held_slot const& mine, deadline until, wait_strategy strategy) const;
  call_end look(held_slot const& mine) const noexcept;
  failure bad_response(held_slot const& mine);
  void release(held_slot const& mine) const noexcept;

  std::shared_ptr<attached_entry> entry_;
  exchange_way way_;
  std::uint64_t epoch_ = stoa::fork_epoch();
  held_slot kept_;
};

using desk_ptr = boost::intrusive_ptr<exchange_desk>;

}  // namespace stoa::internal
