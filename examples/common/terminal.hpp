// terminal.hpp: drawing in place, and single keys.
#pragma once
#include <termios.h>

#include <chrono>
#include <string>
#include <vector>

namespace examples {

// Takes the terminal for itself until the end of its life; what was on the screen comes back.
class terminal {
 public:
  terminal();
  ~terminal();
  terminal(terminal const&) = delete;
  terminal& operator=(terminal const&) = delete;

  // As many of the lines as fit, each cut at the right edge.
  void draw(std::vector<std::string> const& lines) const;
  // The next key, or 0 if none was pressed in time. A signal ends the wait.
  char key_within(std::chrono::milliseconds most) const;

  std::size_t rows() const;
  static bool is_there();

 private:
  termios before_{};
};

}  // namespace examples
