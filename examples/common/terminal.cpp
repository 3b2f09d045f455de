#include "terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace examples {
namespace {

// ECMA-48 control sequences.
constexpr char const* enter = "\x1b[?1049h\x1b[?25l";  // second screen, no cursor
constexpr char const* leave = "\x1b[?25h\x1b[?1049l";
constexpr char const* wrap_off = "\x1b[?7l";  // what goes over the right edge is cut
constexpr char const* wrap_on = "\x1b[?7h";
constexpr char const* home = "\x1b[H";
constexpr char const* clear_to_right = "\x1b[K";
constexpr char const* clear_below = "\x1b[J";

void write_out(std::string const& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

std::size_t terminal::rows() const {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

bool terminal::is_there() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

terminal::terminal() {
  ::tcgetattr(STDIN_FILENO, &before_);
  auto raw = before_;
  raw.c_lflag &=
      ~static_cast<tcflag_t>(ICANON | ECHO);  // keys at once and unseen; Ctrl-C stays a signal
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_out(std::string{enter} + wrap_off);
}

terminal::~terminal() {
  write_out(std::string{wrap_on} + leave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void terminal::draw(std::vector<std::string> const& lines) const {
  std::string screen = home;
  auto const shown = std::min(lines.size(), rows() - 1);  // a break after the last row would scroll
  for (std::size_t i = 0; i < shown; ++i) screen += lines[i] + clear_to_right + "\r\n";
  write_out(screen + clear_below);
}

char terminal::key_within(std::chrono::milliseconds most) const {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  char key = 0;
  if (::poll(&input, 1, static_cast<int>(most.count())) > 0 && ::read(STDIN_FILENO, &key, 1) == 1)
    return key;
  return 0;
}

}  // namespace examples
