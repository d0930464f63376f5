#pragma once

/// The terminal, through ncurses: lines go out, keys come in.
///
/// Promise  it is as it was before when this ends, also by an exception.
/// Errors   validation_failed where input or output are no terminal, or TERM names one that the system does not know.
/// Limits   one at a time. Letters that the locale has no code for are shown as question marks.
/// Threads  one.

#include "cli/console/screen.hpp"

#include <memory>

namespace dotmac::console {

class terminal {
public:
  static result<std::unique_ptr<terminal>> open();
  ~terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  void show(const std::vector<screen_line>& lines);
  /// Those that were pressed since; does not wait.
  std::vector<key_press> read_keys();
  /// As it is now; after SIGWINCH another.
  screen_size size();

private:
  explicit terminal(void* ncurses_screen);
  void* ncurses_screen_;
  bool has_utf8_ = false;
  bool has_colours_ = false;
  int attributes_of(style in) const;
};

} // namespace dotmac::console
