#include "runtime/peers/peer_links.hpp"

#include "actors/protocol/errors.hpp"
#include "runtime/peers/peer_link.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <pthread.h>

namespace dotmac {
namespace {

constexpr std::chrono::milliseconds look_every{50};

struct link_state {
  std::shared_ptr<peer_link> link;
  peer_line_actor line;
};
using link_pointer = peer_link_actor::stateful_pointer<link_state>;

void send_frames(link_pointer self) {
  auto& own = self->state;
  if (auto frames = own.link->take_frames(); !frames.empty() && own.line)
    self->send(own.line, call_batch{std::move(frames)});
}

peer_link_actor::behavior_type run_link(link_pointer self, std::shared_ptr<peer_link> link, std::function<void()> on_broken) {
  self->state.link = std::move(link);
  self->set_down_handler([self, on_broken](const caf::down_msg& down) {
    if (!self->state.line || down.source != self->state.line.address())
      return;
    self->state.line = peer_line_actor{};
    self->state.link->break_off();
    on_broken();
  });
  self->delayed_send(self, look_every, look_after_calls{});
  return {
      [self](const answer_batch& batch) {
        auto answers = read_answers(batch.frames, self->state.link->protocol());
        if (!answers)
          return self->state.link->break_off();
        for (auto& each : *answers)
          self->state.link->answer(std::move(each));
      },
      [self](const welcome_peer& welcome, const peer_line_actor& line) {
        self->state.line = line;
        self->monitor(line);
        self->state.link->be_connected(line, welcome.protocol);
      },
      [self](const flush_frames&) { send_frames(self); },
      [self](const look_after_calls&) {
        auto& own = self->state;
        if (auto cancelled = own.link->look_after(std::chrono::steady_clock::now()); !cancelled.empty() && own.line)
          self->send(own.line, cancel_calls{std::move(cancelled)});
        self->delayed_send(self, look_every, look_after_calls{});
      },
  };
}

} // namespace

peer_links::peer_links(caf::actor_system& system, peer_identity identity, find_door find, peer_limits limits, std::function<void(const std::string&)> log)
    : system_{system}, identity_{std::move(identity)}, find_{std::move(find)}, limits_{limits}, log_{std::move(log)}, connector_{[this] {
        ::pthread_setname_np(::pthread_self(), "peers");
        connect_all();
      }} {}

peer_links::~peer_links() { stop(); }

void peer_links::note_members(const std::vector<node_row>& members) {
  std::vector<std::shared_ptr<peer_link>> gone;
  {
    const std::lock_guard lock{mutex_};
    if (stopping_)
      return;
    std::set<std::string> present;
    for (const auto& node : members) {
      const auto owner = owner_text(node.name());
      if (owner == identity_.own() || node.card.peer_address.empty())
        continue;
      present.insert(owner);
      if (links_.contains(owner))
        continue;
      auto link = std::make_shared<peer_link>(owner, node.card.peer_address, limits_);
      link->actor = caf::actor_cast<caf::actor>(system_.spawn(run_link, link, [this] { wake_.notify_all(); }));
      links_.emplace(owner, std::move(link));
    }
    for (auto each = links_.begin(); each != links_.end();) {
      if (present.contains(each->first)) {
        ++each;
        continue;
      }
      gone.push_back(each->second);
      each = links_.erase(each);
    }
  }
  wake_.notify_all();
  for (const auto& each : gone) {
    each->break_off();
    caf::anon_send_exit(each->actor, caf::exit_reason::user_shutdown);
  }
}

void peer_links::ask(const std::string& owner, const call_options& options, const tenant_call& call, on_outcome on_answer) {
  std::shared_ptr<peer_link> link;
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = links_.find(owner); found != links_.end())
      link = found->second;
  }
  link ? link->ask(options, call, std::move(on_answer)) : on_answer(peer_outcome::not_sent, never_answered());
}

void peer_links::ask_node(const std::string& owner, std::string question, std::chrono::milliseconds within, std::function<void(result<std::string>)> on_answer) {
  peer_line_actor line;
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = links_.find(owner); found != links_.end())
      line = found->second->line();
  }
  if (!line)
    return on_answer(never_answered());
  const auto ask_it = [within, on_answer = std::move(on_answer)](caf::event_based_actor* self, const peer_line_actor& at, const node_question& asked) {
    self->request(at, within, asked).then([on_answer](node_answer& told) { on_answer(std::move(told.text)); }, [on_answer](const caf::error& why) { on_answer(to_failure(why)); });
  };
  system_.spawn(ask_it, line, node_question{std::move(question)});
}

void peer_links::tell_of_change() {
  const std::lock_guard lock{mutex_};
  for (const auto& [owner, link] : links_)
    if (const auto line = link->line())
      caf::anon_send(line, tables_changed{});
}

bool peer_links::is_connected(const std::string& owner) const {
  const std::lock_guard lock{mutex_};
  const auto found = links_.find(owner);
  return found != links_.end() && found->second->is_connected();
}

void peer_links::connect_all() {
  std::map<std::string, std::string> told; ///< why not, by owner: once for each reason
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    std::vector<std::shared_ptr<peer_link>> links;
    for (const auto& [owner, link] : links_)
      links.push_back(link);
    lock.unlock();
    const auto now = std::chrono::steady_clock::now();
    for (const auto& link : links) {
      if (link->is_connected() || now < link->connect_at)
        continue;
      const auto connected = connect(*link);
      link->connect_at = now + limits_.retry_after;
      auto& before = told[link->owner];
      if (const auto why = connected ? "connected, protocol " + std::to_string(*connected) : text_for_log(connected.error()); why != before) {
        log_("the way to " + link->owner + " at " + link->address + ": " + why);
        before = why;
      }
    }
    lock.lock();
    wake_.wait_for(lock, look_every, [this] { return stopping_; });
  }
}

result<void> introduce(caf::actor_system& system, const peer_identity& identity, const find_door& find, const std::string& address, std::chrono::milliseconds within) {
  auto door = find(address);
  if (!door)
    return door.error();
  caf::scoped_actor asker{system};
  result<void> outcome;
  asker->request(*door, within, introduce_peer{identity.protocols.oldest, identity.protocols.newest, identity.cluster}).receive([](const welcome_peer&) {}, [&](const caf::error& why) { outcome = to_failure(why); });
  return outcome;
}

result<std::uint16_t> peer_links::connect(peer_link& link) {
  auto door = find_(link.address);
  if (!door)
    return door.error();
  caf::scoped_actor asker{system_};
  result<std::uint16_t> agreed = never_answered();
  const auto on_welcome = [&](const welcome_peer& welcome, const peer_line_actor& line) {
    const auto& own = identity_.protocols;
    if (welcome.protocol < own.oldest || welcome.protocol > own.newest) {
      agreed = failure{error_code::upgrade_required, "the node wants to speak protocol " + std::to_string(welcome.protocol) + ", which this one does not", "protocol"};
      return;
    }
    agreed = welcome.protocol;
    caf::anon_send(link.actor, welcome, line);
  };
  const greet_peer greeting{identity_.protocols.oldest, identity_.protocols.newest, identity_.cluster, identity_.own(), link.owner};
  asker->request(*door, limits_.connect_within, greeting, caf::actor_cast<peer_link_actor>(link.actor)).receive(on_welcome, [&](const caf::error& why) { agreed = to_failure(why); });
  return agreed;
}

void peer_links::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (connector_.joinable())
    connector_.join();
  for (auto& [owner, link] : std::exchange(links_, {})) {
    link->break_off();
    caf::anon_send_exit(link->actor, caf::exit_reason::user_shutdown);
  }
}

} // namespace dotmac
