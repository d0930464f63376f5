/// Puts a dead letter into a store, as a node would that failed at it twice: an event, or a value, with the id given.
/// Use: put_dead_letter DATABASE_URL ENTITY ID

#include "core/describe/binary.hpp"
#include "core/events/event_block.hpp"
#include "core/metrics/metric_questions.hpp"
#include "persistence/open_store.hpp"

#include <cstdio>

int main(int count, char** words) {
  using namespace dotmac;
  if (count != 4)
    return std::fprintf(stderr, "use: put_dead_letter DATABASE_URL ENTITY ID\n"), 2;
  const auto entity = parse_entity_id(words[2]);
  const auto factory = make_store_factory({words[1]});
  const auto session = factory ? (*factory)->open() : result<std::unique_ptr<store>>{factory.error()};
  if (!entity || !session)
    return std::fprintf(stderr, "%s\n", (entity ? session.error() : entity.error()).message.c_str()), 1;
  dead_letter letter{0, *entity, 1'767'261'600'250, "append_events", "vector::reserve", {}};
  if (entity->kind == entity_kind::events) {
    event_block_builder builder;
    builder.begin_event(timestamp{1'767'261'600'000});
    builder.set_field(event_field::event_type, "late");
    builder.set_field(event_field::event_name, "letter");
    builder.set_field(event_field::event_id, words[3]);
    builder.end_event();
    letter.payload = builder.finish();
  } else {
    letter.message_type = "record_values";
    letter.payload = to_bytes(record_values{{{words[3], 42.5, timestamp{1'767'261'600'000}, timestamp{1'767'261'600'000}, {}, {}}}});
  }
  const auto added = (*session)->dead_letters().add_dead_letter(letter);
  if (!added)
    return std::fprintf(stderr, "%s\n", added.error().message.c_str()), 1;
  std::printf("%llu\n", static_cast<unsigned long long>((*session)->dead_letters().list_dead_letters(entity->tenant, 1)->at(0).id));
}
