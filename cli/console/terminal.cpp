#include "cli/console/terminal.hpp"

#include "cli/console/text_cells.hpp"

#include <clocale>
#include <cstdlib>
#include <cstring>
#include <cwchar>

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_NOMACROS
#include <ncurses.h>

namespace dotmac::console {
namespace {

constexpr int escape_waits_ms = 50; ///< the rest of a key's sequence comes within, also over a slow line; else it is the key Esc
constexpr std::size_t keys_at_once_max = 256;
constexpr short green = 1, yellow = 2, red = 3;

key_press key_of(int code) {
  switch (code) {
  case KEY_ENTER:
    return {key::enter};
  case KEY_BACKSPACE:
    return {key::backspace};
  case KEY_UP:
    return {key::up};
  case KEY_DOWN:
    return {key::down};
  case KEY_LEFT:
    return {key::left};
  case KEY_RIGHT:
    return {key::right};
  case KEY_PPAGE:
    return {key::page_up};
  case KEY_NPAGE:
    return {key::page_down};
  case KEY_HOME:
    return {key::home};
  case KEY_END:
    return {key::end};
  default:
    return {key::other};
  }
}

key_press character_of(wint_t character) {
  if (character == '\r' || character == '\n')
    return {key::enter};
  if (character == 27)
    return {key::escape};
  if (character == 127 || character == 8)
    return {key::backspace};
  char bytes[MB_LEN_MAX];
  std::mbstate_t fresh{};
  const auto size = std::wcrtomb(bytes, static_cast<wchar_t>(character), &fresh);
  if (character < ' ' || size == static_cast<std::size_t>(-1))
    return {key::other};
  return {key::character, std::string{bytes, size}};
}

/// `text` where only ASCII can be shown, of the same width.
std::string plain_text(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto next = at + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80)
      ++next;
    const auto letter = text.substr(at, next - at);
    out += letter.size() == 1 ? letter : std::string(cells_of(letter), '?');
    at = next;
  }
  return out;
}

} // namespace

result<std::unique_ptr<terminal>> terminal::open() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1)
    return failure{error_code::validation_failed, "the console needs a terminal for its input and output; `dotmac-analytics cluster status` and GET /admin/actors are for programs", {}};
  std::setlocale(LC_CTYPE, "");
  auto* made = ::newterm(nullptr, stdout, stdin);
  if (made == nullptr) {
    const char* name = std::getenv("TERM");
    return failure{error_code::validation_failed, std::string{"this system does not know the terminal that TERM names ("} + (name == nullptr ? "it is not set" : name) + ")", {}};
  }
  return std::unique_ptr<terminal>{new terminal{made}};
}

terminal::terminal(void* ncurses_screen) : ncurses_screen_{ncurses_screen}, has_utf8_{std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0} {
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  ::set_escdelay(escape_waits_ms);
  ::curs_set(0);
  const char* refused = std::getenv("NO_COLOR");
  has_colours_ = (refused == nullptr || *refused == '\0') && ::has_colors() && ::start_color() == OK && ::use_default_colors() == OK;
  if (!has_colours_)
    return;
  ::init_pair(green, COLOR_GREEN, -1);
  ::init_pair(yellow, COLOR_YELLOW, -1);
  ::init_pair(red, COLOR_RED, -1);
}

terminal::~terminal() {
  ::endwin();
  ::delscreen(static_cast<SCREEN*>(ncurses_screen_));
}

int terminal::attributes_of(style in) const {
  const auto coloured = [this](short pair) { return static_cast<int>(has_colours_ ? COLOR_PAIR(pair) : A_BOLD); };
  switch (in) {
  case style::title:
  case style::selected:
    return static_cast<int>(A_REVERSE);
  case style::strong:
    return static_cast<int>(A_BOLD);
  case style::head:
    return static_cast<int>(A_UNDERLINE);
  case style::sorted_head:
    return static_cast<int>(A_UNDERLINE | A_BOLD);
  case style::dim:
    return static_cast<int>(A_DIM);
  case style::good:
    return coloured(green);
  case style::warning:
    return coloured(yellow);
  case style::bad:
    return coloured(red);
  case style::plain:
    break;
  }
  return static_cast<int>(A_NORMAL);
}

void terminal::show(const std::vector<screen_line>& lines) {
  ::erase();
  for (std::size_t y = 0; y < lines.size(); ++y) {
    ::move(static_cast<int>(y), 0);
    for (const auto& each : lines[y]) {
      ::attrset(attributes_of(each.in));
      ::addstr(has_utf8_ ? each.text.c_str() : plain_text(each.text).c_str());
    }
  }
  ::attrset(A_NORMAL);
  ::refresh();
}

std::vector<key_press> terminal::read_keys() {
  std::vector<key_press> pressed;
  wint_t code = 0;
  for (int kind = ::get_wch(&code); kind != ERR && pressed.size() < keys_at_once_max; kind = ::get_wch(&code))
    pressed.push_back(kind == KEY_CODE_YES ? key_of(static_cast<int>(code)) : character_of(code));
  return pressed;
}

screen_size terminal::size() {
  winsize now{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == 0 && now.ws_row > 0 && now.ws_col > 0 && (now.ws_row != LINES || now.ws_col != COLS))
    ::resizeterm(now.ws_row, now.ws_col);
  return {static_cast<std::size_t>(std::max(COLS, 1)), static_cast<std::size_t>(std::max(LINES, 1))};
}

} // namespace dotmac::console
