#pragma once

/// Decides what the console shows and asks for: keys, answers, the passing of time and the size of the terminal go in, calls of the node come out.
///
/// It reads no clock, no key and no socket: equal inputs in equal order give equal screens and effects.
/// Promise  at most one call under way in each lane whose answer is still wanted; the answer to an earlier one has no effect. Nothing is acted upon but
///          after a "y" to the question that names it, and then once.
/// Errors   a look that failed, whatever the reason, leaves the figures, says since when they are old and is tried again (look_pace). An act that failed
///          says so, and is not tried again.
/// Limits   those of listings, levels and details; depth_max levels.
/// Threads  one.

#include "cli/console/acts.hpp"
#include "cli/console/details.hpp"
#include "cli/console/keys.hpp"
#include "cli/http_client.hpp"

#include <variant>

namespace dotmac::console {

inline constexpr std::size_t depth_max = 5; ///< cluster, node, shard, tenant; dead letters upon any

inline constexpr std::size_t lines_around_list = 5; ///< title, place, heads above; note and keys below
inline constexpr std::size_t lines_of_trouble = 2;  ///< between them while looks fail

/// Calls of different lanes do not wait for each other.
enum class lane : std::uint8_t { cluster, list, act };
inline constexpr std::size_t lane_count = 3;

struct call {
  lane in = lane::cluster;
  std::uint64_t ticket = 0;
  std::string method, path;
  json body = nullptr;
};
struct called {
  lane in = lane::cluster;
  std::uint64_t ticket = 0;
  result<http_answer> outcome;
};

/// What the keys go to.
struct browsing {};
struct typing_filter {
  std::string text;
};
struct confirming {
  act what;
};
struct choosing_node {
  std::string shard, owner;
  std::vector<std::string> nodes;
  std::size_t at = 0;
};
struct reading_details {
  details what;
};
struct reading_help {
  std::size_t first_line = 0;
};
using mode = std::variant<browsing, typing_filter, confirming, choosing_node, reading_details, reading_help>;

enum class tone : std::uint8_t { plain, good, bad };
struct note {
  std::string text;
  tone in = tone::plain;
};

class console_state {
public:
  console_state(std::string url, std::int64_t interval_ms, screen_size size);

  std::vector<call> take(const key_press& pressed, moment now);
  std::vector<call> take(const called& answered, moment now);
  std::vector<call> pass(moment now); ///< time
  void resize(screen_size size) { size_ = size; }

  bool has_quit() const { return has_quit_; }
  /// An act whose answer is not there yet; empty: none.
  std::string act_under_way() const { return act_ticket_ != 0 ? act_name_ : std::string{}; }

  const std::string& url() const { return url_; }
  screen_size size() const { return size_; }
  moment now() const { return now_; }
  const std::vector<level>& levels() const { return levels_; }
  const level& top() const { return levels_.back(); }
  const mode& in_mode() const { return mode_; }
  const note& last_note() const { return note_; }
  const look_pace& pace() const; ///< of what is on the screen
  std::size_t list_lines() const;   ///< rows of a list on the screen
  std::size_t reading_lines() const; ///< lines of details or the help on the screen

private:
  std::vector<call> due_calls();
  void take_cluster(const result<http_answer>& outcome);
  void take_list(const result<http_answer>& outcome);
  void take_act(const result<http_answer>& outcome);
  bool fail(look_pace& into, const result<http_answer>& outcome, const char* mark);
  void look_anew();
  details* details_on_screen();

  void press(const key_press& pressed);
  void press_in(browsing&, const key_press& pressed);
  void press_in(typing_filter& in, const key_press& pressed);
  void press_in(confirming& in, const key_press& pressed);
  void press_in(choosing_node& in, const key_press& pressed);
  void press_in(reading_details& in, const key_press& pressed);
  void press_in(reading_help& in, const key_press& pressed);
  bool move_in_list(key pressed);
  void press_character(const std::string& text);
  bool press_act(const std::string& text, const row& selected);
  void open_selected();
  void open_details();
  void open_letters();
  void go_back();
  void choose_node_for(const row& shard);
  void ask_first(act what);
  void start_act(const act& what);

  std::string url_;
  screen_size size_;
  moment now_;
  std::vector<level> levels_;
  mode mode_ = browsing{};
  note note_;
  bool has_quit_ = false;
  json cluster_ = nullptr; ///< the last answer
  std::int64_t interval_ms_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t cluster_ticket_ = 0, list_ticket_ = 0, act_ticket_ = 0; ///< under way; 0: none
  bool list_call_is_of_details_ = false;
  std::string act_name_;
  std::vector<call> started_;
};

} // namespace dotmac::console
