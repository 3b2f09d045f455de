#include "team.hpp"

#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>

#include "../../two_processes.hpp"

namespace stoa::benchmarks {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

pid_t const program = ::getpid();

unsigned core_of(std::size_t place) { return cores()[place % cores().size()]; }

std::vector<unsigned> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof(set), &set);
  std::vector<unsigned> out;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) out.push_back(core);
  return out;
}

// In the child: all members as threads; the first that fails speaks for all.
void run_threads(std::vector<member> const& members, control& with) {
  std::mutex one_at_a_time;
  std::exception_ptr failed;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < members.size(); ++i)
    threads.emplace_back([&, i] {
      try {
        pin(core_of(i));
        members[i](with);
      } catch (...) {
        std::lock_guard const lock{one_at_a_time};
        failed = std::current_exception();
        std::_Exit(status_of([&] { std::rethrow_exception(failed); }));  // others may wait for this one
      }
    });
}

class children {
 public:
  explicit children(std::chrono::seconds limit) : end_{clock::now() + limit} {}
  children(children const&) = delete;
  children& operator=(children const&) = delete;
  ~children() {
    for (auto const child : alive_) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }
  template <class Work>
  void add(Work work) { alive_.push_back(in_child(std::move(work))); }

  // Until `done`, or until one has ended too early, failed, or the time is over.
  template <class Done>
  void watch(char const* what, Done done, bool may_end) {
    while (!done()) {
      int status = 0;
      if (auto const ended = ::waitpid(-1, &status, WNOHANG); ended > 0 && std::erase(alive_, ended) != 0)
        if (status != 0 || !may_end) throw std::runtime_error{fmt::format("a member ended with status {}", status)};
      if (clock::now() > end_) throw std::runtime_error{fmt::format("the members did not {} in time", what)};
      std::this_thread::sleep_for(200us);
    }
  }
  bool are_gone() const noexcept { return alive_.empty(); }

 private:
  clock::time_point end_;
  std::vector<pid_t> alive_;
};

}  // namespace

control& last_control() {
  static control& shared = shared_with_children<control>();
  return shared;
}

std::vector<unsigned>& cores() {
  static std::vector<unsigned> which = allowed_cores();
  return which;
}

std::string fresh_name() {
  static unsigned next = 0;
  return fmt::format("peers-{}-{}", program, next++);
}

void remove_leftovers() {
  for (std::filesystem::path const directory : {"/dev/shm", "/dev/mqueue", "/tmp"}) {
    std::error_code ignored;
    for (auto const& each : std::filesystem::directory_iterator{directory, ignored})
      if (each.path().filename().string().starts_with(fmt::format("peers-{}-", program)))
        std::filesystem::remove(each.path(), ignored);
  }
}

void run_team(runs_in where, std::vector<member> const& members, std::function<void(control&)> const& conduct,
              std::chrono::seconds limit) {
  auto& with = *::new (&last_control()) control{};
  children team{limit};
  if (where == runs_in::threads)
    team.add([&] { run_threads(members, with); });
  else
    for (std::size_t i = 0; i < members.size(); ++i)
      team.add([&, i] {
        pin(core_of(i));
        members[i](with);
      });
  team.watch("start", [&] { return with.ready.load(std::memory_order_acquire) == members.size(); }, false);
  with.now.store(phase::go, std::memory_order_release);
  conduct(with);
  with.now.store(phase::stop, std::memory_order_release);
  team.watch("end", [&] { return team.are_gone(); }, true);
}

double window_of(std::function<std::uint64_t()> const& count, std::chrono::microseconds time) {
  auto const before = count();
  auto const begin = clock::now();
  std::this_thread::sleep_for(time);
  auto after = count();
  while (after == before) {
    if (clock::now() > begin + 10s) throw std::runtime_error{"nothing is done"};
    std::this_thread::sleep_for(200us);
    after = count();
  }
  return static_cast<double>(after - before) / std::chrono::duration<double>(clock::now() - begin).count();
}

void run_alone(std::function<void(control&)> const& work, std::chrono::seconds limit) {
  run_team(runs_in::processes,
           {[&](control& with) {
             wait_for_go(with);
             work(with);
           }},
           [](control&) {}, limit);
}

}  // namespace stoa::benchmarks
