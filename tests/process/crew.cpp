#include "crew.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <stdexcept>

namespace stoa::testing {
namespace {

constexpr std::chrono::seconds longest_round{60};

crew_memory* map_memory(std::filesystem::path const& path, int flags) {
  int const file = ::open(path.c_str(), flags | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0 || ::ftruncate(file, sizeof(crew_memory)) != 0)
    throw std::runtime_error{"no crew memory"};
  void* const at =
      ::mmap(nullptr, sizeof(crew_memory), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (at == MAP_FAILED) throw std::runtime_error{"cannot map the crew memory"};
  return static_cast<crew_memory*>(at);
}

// In slices, so that a lost wake delays and does not hang.
void sleep_while(std::atomic<std::uint32_t>& word, std::uint32_t value) {
  timespec const slice{0, 20'000'000};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, value, &slice, nullptr, 0);
}

void ring(std::atomic<std::uint32_t>& word) {
  word.fetch_add(1);
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace

crew::crew(std::string_view program, int members, child_arguments const& more)
    : memory_{map_memory(name_.path(), O_CREAT | O_EXCL)},
      is_expected_(static_cast<std::size_t>(members), true) {
  for (int i = 0; i < members; ++i) {
    child_arguments arguments{name_.str(), std::to_string(i)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    members_.push_back(child::start(program, arguments));
  }
}

crew::~crew() {
  members_.clear();
  ::munmap(memory_, sizeof(crew_memory));
}

void crew::begin(int what, std::uint64_t argument) {
  memory_->what = what;
  memory_->argument = argument;
  memory_->number.fetch_add(1);
  ring(memory_->bell);
}

std::string crew::finish() {
  auto const until = std::chrono::steady_clock::now() + longest_round;
  std::string wrong;
  for (int i = 0; i < size(); ++i) {
    auto const& each = memory_->answers[static_cast<std::size_t>(i)];
    auto const number = memory_->number.load();
    while (is_expected_[static_cast<std::size_t>(i)] &&
           std::atomic_ref{const_cast<std::uint64_t&>(each.number)}.load() != number) {
      auto const seen = memory_->done.load();
      if (std::atomic_ref{const_cast<std::uint64_t&>(each.number)}.load() == number) break;
      if (!member(i).is_running()) return wrong + "member " + std::to_string(i) + " is dead; ";
      if (std::chrono::steady_clock::now() > until)
        return wrong + "member " + std::to_string(i) + " hangs; ";
      sleep_while(memory_->done, seen);
    }
    if (is_expected_[static_cast<std::size_t>(i)] && each.complaint[0] != '\0')
      wrong += "member " + std::to_string(i) + ": " + each.complaint.data() + "; ";
  }
  return wrong;
}

int serve(child_arguments const& arguments,
          std::function<void(order const&, answer&, crew_memory&)> const& work) {
  auto& memory = *map_memory(std::filesystem::path{"/dev/shm"} / arguments.at(0), 0);
  auto const member = std::stoi(arguments.at(1));
  auto& mine = memory.answers.at(static_cast<std::size_t>(member));
  for (std::uint64_t done = 0;;) {
    auto const bell = memory.bell.load();
    auto const number = memory.number.load();
    if (number == done) {
      sleep_while(memory.bell, bell);
      continue;
    }
    mine.complaint.fill('\0');
    try {
      work({memory.what, memory.argument, member}, mine, memory);
    } catch (std::exception const& problem) {
      std::string_view{problem.what()}.copy(mine.complaint.data(), mine.complaint.size() - 1);
    }
    done = number;
    std::atomic_ref{mine.number}.store(number);
    ring(memory.done);
  }
}

int rounds(int otherwise) {
  auto const* const asked = std::getenv("STOA_TEST_ROUNDS");
  return asked != nullptr ? std::max(1, std::atoi(asked)) : otherwise;
}

}  // namespace stoa::testing
