#include "participants.hpp"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <mutex>
#include <sstream>
#include <stoa/fork_guard.hpp>
#include <string>

namespace stoa {
namespace {

// /proc/self/stat: pid (command) state ... start_time is field 22. The command may contain anything.
process_identity read_identity() {
  process_identity me;
  me.pid = static_cast<std::uint64_t>(::getpid());
  std::ifstream file{"/proc/self/stat"};
  std::string const text{std::istreambuf_iterator<char>{file}, {}};
  auto const open = text.find('(');
  auto const close = text.rfind(')');
  if (open == text.npos || close == text.npos || close < open) return me;
  text.copy(me.command.data(), std::min(close - open - 1, me.command.size() - 1), open + 1);
  std::istringstream rest{text.substr(close + 1)};
  std::string skipped;
  for (int field = 3; field < 22; ++field) rest >> skipped;
  rest >> me.start_time;
  return me;
}

}  // namespace

process_identity const& this_process() {
  static std::mutex mutex;
  static process_identity me;
  static std::uint64_t epoch = 0;
  std::scoped_lock const guard{mutex};
  if (epoch != fork_epoch()) {
    me = read_identity();
    epoch = fork_epoch();
  }
  return me;
}

}  // namespace stoa
