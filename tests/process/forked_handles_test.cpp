// What a forked child can do with the handles of its parent: nothing. Each call that would change a structure says so,
// and no byte of the segment is another afterwards.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <shared_mutex>
#include <span>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "refusal.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using namespace stoa::literals;

struct call {
  char const* name;
  std::function<void()> make;
};
struct inherited {
  std::vector<call> refused;  // with `forked`
  std::vector<call> silent;   // changes nothing anyway; or cannot throw, as what destructors do
};

template <class T>
void ignore(T const&) {}

// --- what the parent has, and its child inherits: each structure half full, with what is held of it ---

inherited of_stack(segment const& in) {
  auto const stack = in.publish<stoa::stack<int>>("it", 4);
  stack.push(1);
  static std::vector<int> some{1, 2};
  return {{{"push", [=] { stack.push(2); }},
           {"try_push", [=] { ignore(stack.try_push(2)); }},
           {"push_for", [=] { ignore(stack.push_for(2, 0s)); }},
           {"try_push_n", [=] { ignore(stack.try_push_n(some)); }},
           {"pop", [=] { stack.pop(); }},
           {"try_pop", [=] { ignore(stack.try_pop()); }},
           {"pop_for", [=] { ignore(stack.pop_for(0s)); }},
           {"try_pop_n", [=] { ignore(stack.try_pop_n(some)); }},
           {"recover", [=] { stack.recover(); }}},
          {{"top", [=] { ignore(stack.top()); }}}};
}

// The parent is its producer.
inherited of_ring(segment const& in) {
  auto const ring = in.publish<stoa::ring<int>>("it", 4);
  ring.push(1);
  ring.push(2);
  auto const reader = std::make_shared<ring_reader<int>>(ring.reader());
  static std::vector<int> some{1, 2};
  return {{{"push", [=] { ring.push(3); }},
           {"try_push", [=] { ring.try_push(3); }},
           {"push_for", [=] { ignore(ring.push_for(3, 0s)); }},
           {"try_push_n", [=] { ring.try_push_n(some); }},
           {"push_n", [=] { ring.push_n(some); }},
           {"push_n_for", [=] { ignore(ring.push_n_for(some, 0s)); }},
           {"try_become_producer", [=] { ring.try_become_producer().value(); }},
           {"pop", [=] { ring.pop(); }},
           {"try_pop", [=] { ignore(ring.try_pop()); }},
           {"pop_for", [=] { ignore(ring.pop_for(0s)); }},
           {"try_pop_n", [=] { ignore(ring.try_pop_n(some)); }},
           {"skip", [=] { ring.skip(1); }}},
          {{"read", [=] { for (int i = 0; i < 3; ++i) ignore(reader->read_for(0s)); }}}};
}

inherited of_bounded_ring(segment const& in) {
  auto const ring = in.publish<stoa::ring<int>>("it", ring_shape{4, ring_mode::bounded});
  ring.push(1);
  return {{{"push", [=] { ring.push(3); }},
           {"try_push", [=] { ring.try_push(3); }},
           {"try_pop", [=] { ignore(ring.try_pop()); }},
           {"skip", [=] { ring.skip(1); }}},
          {}};
}

inherited of_map(segment const& in) {
  auto const map = in.publish<stoa::map<int, int>>("it", 8);
  map.insert(1, 1);
  auto const add = [](int& value) { ++value; };
  return {{{"insert", [=] { map.insert(2, 2); }},
           {"insert_or_assign", [=] { map.insert_or_assign(1, 2); }},
           {"update", [=] { map.update(1, add); }},
           {"update_or_insert", [=] { map.update_or_insert(2, 2, add); }},
           {"erase", [=] { map.erase(1); }},
           {"clear", [=] { map.clear(); }},
           {"recover", [=] { map.recover(); }}},
          {{"find", [=] { ignore(map.find(1)); }},
           {"insert what is there", [=] { map.insert(1, 2); }},
           {"erase what is not there", [=] { map.erase(2); }}}};
}

inherited of_set(segment const& in) {
  auto const set = in.publish<stoa::set<int>>("it", 8);
  set.insert(1);
  return {{{"insert", [=] { set.insert(2); }},
           {"erase", [=] { set.erase(1); }},
           {"clear", [=] { set.clear(); }},
           {"recover", [=] { set.recover(); }}},
          {{"contains", [=] { ignore(set.contains(1)); }},
           {"insert what is there", [=] { set.insert(1); }},
           {"erase what is not there", [=] { set.erase(2); }}}};
}

inherited of_bitset(segment const& in) {
  auto const bits = in.publish<stoa::bitset>("it", 70);
  bits.set(1);
  return {{{"set", [=] { bits.set(2); }},
           {"reset", [=] { bits.reset(1); }},
           {"flip", [=] { bits.flip(1); }},
           {"test_and_set", [=] { bits.test_and_set(1); }},
           {"claim_first_unset", [=] { ignore(bits.claim_first_unset()); }},
           {"set_all", [=] { bits.set_all(); }},
           {"reset_all", [=] { bits.reset_all(); }}},
          {{"count", [=] { ignore(bits.count()); }}}};
}

// The parent has claimed a message, taken one, and begun a stream.
inherited of_message_ring(segment const& in) {
  auto const ring = in.publish<message_ring>("it", 4096);
  auto const consumer = ring.consumer();
  static std::vector<std::byte> bytes(20);
  static std::vector<std::span<std::byte const>> const two{bytes, bytes};
  for (int i = 0; i < 3; ++i) ring.send(bytes);
  auto const taken = std::make_shared<message>(consumer.receive());
  auto const given_back = std::make_shared<message>(consumer.receive());
  auto const to_send = std::make_shared<message_slot>(ring.claim(20));
  auto const to_drop = std::make_shared<message_slot>(ring.claim(20));
  auto const stream = std::make_shared<message_stream_writer>(ring);
  stream->write(bytes);
  return {{{"send", [=] { ring.send(bytes); }},
           {"try_send", [=] { ring.try_send(bytes); }},
           {"send_for", [=] { ignore(ring.send_for(bytes, 1, 0s)); }},
           {"try_send_n", [=] { ignore(ring.try_send_n(two)); }},
           {"claim", [=] { ignore(ring.claim(20)); }},
           {"claim_for", [=] { ignore(ring.claim_for(20, 1, 0s)); }},
           {"recover", [=] { ring.recover(); }},
           {"receive", [=] { ignore(consumer.receive()); }},
           {"try_receive", [=] { ignore(consumer.try_receive()); }},
           {"receive_for", [=] { ignore(consumer.receive_for(0s)); }},
           {"try_receive_copy", [=] { ignore(consumer.try_receive_copy(bytes)); }},
           {"poll", [=] { consumer.poll([](message_view const&) {}); }},
           {"drain", [=] { for (auto const& each : consumer.drain()) ignore(each.size()); }},
           {"write", [=] { stream->write(bytes); }},
           {"finish", [=] { stream->finish(); }},
           {"abort", [=] { stream->abort(); }}},
          {{"commit a message", [=] { taken->commit(); }},
           {"abort a message", [=] { given_back->abort(); }},
           {"commit a claim", [=] { to_send->commit(); }},
           {"abort a claim", [=] { to_drop->abort(); }},
           {"end a writer", [=] { message_stream_writer{std::move(*stream)}; }}}};
}

inherited of_ring_with_blocks(segment const& in) {
  auto const ring = in.publish<message_ring>(
      "it", 4096, message_ring_options{.large = {.blocks = 2, .block_bytes = 512, .above = 64}});
  static std::vector<std::byte> const bytes(300);
  ring.send(bytes);
  auto const taken = std::make_shared<message>(ring.consumer().receive());
  auto const claimed = std::make_shared<message_slot>(ring.claim(300));
  return {{{"send", [=] { ring.send(bytes); }},
           {"try_send", [=] { ring.try_send(bytes); }},
           {"claim", [=] { ignore(ring.claim(300)); }}},
          {{"commit a message", [=] { taken->commit(); }}, {"abort a claim", [=] { claimed->abort(); }}}};
}

// The parent has a place for a reader, and a message that is looked at.
inherited of_broadcast(segment const& in) {
  auto const ring = in.publish<message_ring>("it", 4096, message_ring_options{.delivery = delivery::broadcast});
  static std::vector<std::byte> const bytes(20);
  auto const reader = std::make_shared<message_reader>(ring.reader());
  for (int i = 0; i < 3; ++i) ring.send(bytes);
  ignore(reader->try_receive());
  return {{{"send", [=] { ring.send(bytes); }}, {"reader", [=] { ignore(ring.reader().lost()); }},
           {"receive", [=] { ignore(reader->try_receive()); }},
           {"receive_for", [=] { ignore(reader->receive_for(1ms)); }}},
          {{"done", [=] { reader->done(); }},
           {"end a reader", [=] { message_reader{std::move(*reader)}; }}}};
}

inherited of_heap(segment const& in) {
  auto const heap = in.publish<stoa::heap>("it", 1 << 16);
  heap.construct<int>("one", 1);
  return {{{"construct", [=] { heap.construct<int>("two", 2); }},
           {"find", [=] { heap.find<int>("one"); }},
           {"find_or_construct", [=] { heap.find_or_construct<int>("two", 2); }},
           {"destroy", [=] { heap.destroy<int>("one"); }}},
          {}};
}

// --- sync: what the parent holds stays its own ---

template <class Lock>
std::vector<call> refused_by_lock(Lock const& lock) {
  return {{"lock", [=] { lock.lock(); }},
          {"try_lock", [=] { ignore(lock.try_lock()); }},
          {"try_lock_for", [=] { ignore(lock.try_lock_for(0s)); }},
          {"lock_or_inherit", [=] { ignore(lock.lock_or_inherit()); }},
          {"recover", [=] { lock.recover([] {}); }}};
}
inherited of_mutex(segment const& in) {
  auto const lock = in.publish<mutex>("it");
  lock.lock();
  return {refused_by_lock(lock), {{"unlock", [=] { lock.unlock(); }}}};
}
inherited of_free_mutex(segment const& in) { return {refused_by_lock(in.publish<mutex>("it")), {}}; }

std::vector<call> refused_by_shared_mutex(shared_mutex const& lock) {
  auto out = refused_by_lock(lock);
  out.push_back({"lock_shared", [=] { lock.lock_shared(); }});
  out.push_back({"try_lock_shared", [=] { ignore(lock.try_lock_shared()); }});
  out.push_back({"try_lock_shared_for", [=] { ignore(lock.try_lock_shared_for(0s)); }});
  return out;
}
inherited of_shared_mutex_that_is_read(segment const& in) {
  auto const lock = in.publish<shared_mutex>("it", 4);
  lock.lock_shared();
  return {refused_by_shared_mutex(lock), {{"unlock_shared", [=] { lock.unlock_shared(); }}}};
}
inherited of_shared_mutex_that_is_written(segment const& in) {
  auto const lock = in.publish<shared_mutex>("it", 4);
  lock.lock();
  return {refused_by_shared_mutex(lock), {{"unlock", [=] { lock.unlock(); }}}};
}
inherited of_free_shared_mutex(segment const& in) {
  return {refused_by_shared_mutex(in.publish<shared_mutex>("it", 4)), {}};
}

inherited of_event(segment const& in, bool is_set) {
  auto const event = in.publish<stoa::event>("it");
  if (is_set) event.set();
  return {{{"set", [=] { event.set(); }},
           {"reset", [=] { event.reset(); }},
           {"wait_for", [=] { event.wait_for(0s); }}},
          {{"is_set", [=] { ignore(event.is_set()); }}}};
}

inherited of_semaphore(segment const& in) {
  auto const permits = in.publish<counting_semaphore>("it", 1, 3);
  return {{{"acquire", [=] { permits.acquire(); }},
           {"try_acquire", [=] { ignore(permits.try_acquire()); }},
           {"try_acquire_for", [=] { ignore(permits.try_acquire_for(0s)); }},
           {"release", [=] { permits.release(); }}},
          {}};
}

inherited of_condition_variable(segment const& in) {
  auto const changed = in.publish<condition_variable>("it");
  auto const guard = std::make_shared<std::mutex>();
  return {{{"notify_one", [=] { changed.notify_one(); }},
           {"notify_all", [=] { changed.notify_all(); }},
           {"wait_for", [=] {
              std::unique_lock held{*guard};
              changed.wait_for(held, 0s);
            }}},
          {}};
}

inherited of_latch(segment const& in, int count) {
  auto const gate = in.publish<latch>("it", count);
  return {{{"count_down", [=] { gate.count_down(); }},
           {"wait_for", [=] { gate.wait_for(0s); }},
           {"arrive_and_wait", [=] { gate.arrive_and_wait(); }}},
          {}};
}

// The parent has arrived.
inherited of_barrier(segment const& in) {
  auto const meeting = in.publish<barrier>("it", 2);
  auto const arrival = meeting.arrive();
  return {{{"arrive", [=] { ignore(meeting.arrive()); }},
           {"arrive_and_drop", [=] { meeting.arrive_and_drop(); }},
           {"arrive_and_wait", [=] { meeting.arrive_and_wait(); }},
           {"wait_for", [=] { meeting.wait_for(arrival, 0s); }}},
          {}};
}

inherited of_once_flag(segment const& in) {
  auto const once = in.publish<once_flag>("it");
  return {{{"call", [=] { once.call([] {}); }}}, {{"is_done", [=] { ignore(once.is_done()); }}}};
}

// The parent has promised.
inherited of_future(segment const& in) {
  auto const answer = in.publish<future<int>>("it");
  auto const given = std::make_shared<promise<int>>(answer.promise());
  return {{{"promise", [=] { ignore(answer.promise()); }},
           {"set_value", [=] { given->set_value(1); }},
           {"wait_for", [=] { answer.wait_for(0s); }}},
          {{"try_get", [=] { ignore(answer.try_get()); }}, {"break", [=] { promise<int>{std::move(*given)}; }}}};
}

// --- the test ---

struct kind {
  char const* name;
  std::function<inherited(segment const&)> publish;
};
void PrintTo(kind const& each, std::ostream* out) { *out << each.name; }

// Tells what was not as it must be.
int try_all(inherited const& of) {
  auto const complain = [](char const* what, std::error_code const& found) {
    std::fprintf(stderr, "%s: %s\n", what, found ? found.message().c_str() : "no error");
    return 1;
  };
  auto const forked = make_error_code(errc::forked);
  int wrong = 0;
  for (auto const& each : of.refused)
    if (auto const found = refusal(each.make); found != forked) wrong += complain(each.name, found);
  for (auto const& each : of.silent)
    if (auto const found = refusal(each.make)) wrong += complain(each.name, found);
  return wrong;
}

class forked_handles : public ::testing::TestWithParam<kind> {};

TEST_P(forked_handles, AreRefusedAndChangeNothing) {
  scratch_name const name;
  auto const home = segment::create(name, 256_KiB);
  auto const of = GetParam().publish(home);
  auto const* const base = home.attachment().map().base();
  std::vector<std::byte> const before(base, base + home.size());
  auto const pid = ::fork();
  if (pid == 0) {
    ::alarm(60);  // instead of waiting for what its parent holds
    int status = 90;
    try {
      status = try_all(of);
    } catch (...) {
    }
    ::_exit(status);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0) << "exit status " << WEXITSTATUS(status) << ", signal " << WTERMSIG(status);
  EXPECT_TRUE(std::ranges::equal(before, std::span{base, home.size()}));
}

INSTANTIATE_TEST_SUITE_P(
    of, forked_handles,
    ::testing::Values(kind{"stack", of_stack}, kind{"ring", of_ring}, kind{"bounded_ring", of_bounded_ring},
                      kind{"map", of_map}, kind{"set", of_set}, kind{"bitset", of_bitset},
                      kind{"message_ring", of_message_ring}, kind{"message_ring_with_blocks", of_ring_with_blocks},
                      kind{"broadcast", of_broadcast}, kind{"heap", of_heap}, kind{"mutex", of_mutex},
                      kind{"free_mutex", of_free_mutex}, kind{"read_shared_mutex", of_shared_mutex_that_is_read},
                      kind{"written_shared_mutex", of_shared_mutex_that_is_written},
                      kind{"free_shared_mutex", of_free_shared_mutex},
                      kind{"event", [](auto const& in) { return of_event(in, false); }},
                      kind{"set_event", [](auto const& in) { return of_event(in, true); }},
                      kind{"semaphore", of_semaphore}, kind{"condition_variable", of_condition_variable},
                      kind{"latch", [](auto const& in) { return of_latch(in, 3); }},
                      kind{"open_latch", [](auto const& in) { return of_latch(in, 0); }}, kind{"barrier", of_barrier},
                      kind{"once_flag", of_once_flag}, kind{"future", of_future}),
    [](auto const& each) { return std::string{each.param.name}; });

}  // namespace
}  // namespace stoa::testing
