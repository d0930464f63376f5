#include "persistence/payload_codec.hpp"

#include "persistence/ports/store.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dotmac {
namespace {

payload_form form_of(const bytes& stored) {
  return static_cast<payload_form>(stored.at(0));
}

TEST(payload_codec, returns_what_was_encoded) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  for (int i = 0; i < 300; ++i) {
    bytes payload(random() % 5'000, '\0');
    const auto alphabet = 1 + random() % 256;
    for (auto& byte : payload)
      byte = static_cast<char>(random() % alphabet);
    const auto wish = random() % 2 ? payload_wish::compact : payload_wish::readable;
    const auto decoded = decode_payload(encode_payload(payload, wish), "it");
    ASSERT_TRUE(decoded.has_value());
    ASSERT_EQ(*decoded, payload);
  }
}

TEST(payload_codec, compresses_from_512_bytes_where_that_helps) {
  EXPECT_EQ(form_of(encode_payload(bytes(511, 'x'))), payload_form::raw);
  const auto compressed = encode_payload(bytes(512, 'x'));
  EXPECT_EQ(form_of(compressed), payload_form::zstd);
  EXPECT_LT(compressed.size(), 100u);

  std::mt19937_64 random{7};
  bytes noise(4'096, '\0');
  for (auto& byte : noise)
    byte = static_cast<char>(random());
  EXPECT_EQ(form_of(encode_payload(noise)), payload_form::raw);
  EXPECT_EQ(encode_payload(noise).size(), noise.size() + payload_header_bytes);
}

TEST(payload_codec, keeps_json_readable_where_that_is_wished) {
  const auto json = "{\"name\": \"" + bytes(2'000, 'n') + "\", \"city\": \"Z\xc3\xbcrich\"}";
  const auto stored = encode_payload(json, payload_wish::readable);
  EXPECT_EQ(form_of(stored), payload_form::readable_json);
  EXPECT_EQ(stored.substr(payload_header_bytes), json);
  EXPECT_EQ(form_of(encode_payload(json, payload_wish::compact)), payload_form::zstd);
}

TEST(payload_codec, does_not_call_bytes_readable_that_no_text_column_takes) {
  for (const auto& payload : {bytes("{\0}", 3), bytes("{\xff}"), bytes("{\xc0\x80}"), bytes("{\xed\xa0\x80}"),
                              bytes("{\xf5\x80\x80\x80}"), bytes("{\xe2\x82"), bytes("plain"), bytes()})
    EXPECT_EQ(form_of(encode_payload(payload, payload_wish::readable)), payload_form::raw);
}

TEST(payload_codec, notices_every_flipped_bit) {
  for (const auto& payload : {bytes("short"), bytes(600, 'x')}) {
    const auto stored = encode_payload(payload);
    for (std::size_t bit = 8; bit < stored.size() * 8; ++bit) {
      auto damaged = stored;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      const auto decoded = decode_payload(damaged, "row 1");
      ASSERT_FALSE(decoded.has_value()) << "bit " << bit;
      EXPECT_EQ(decoded.error().code, error_code::corrupt_data);
      EXPECT_TRUE(decoded.error().message.starts_with("row 1"));
    }
  }
}

TEST(payload_codec, refuses_what_is_cut_short_or_of_unknown_form) {
  const auto stored = encode_payload("payload");
  for (std::size_t size = 0; size < stored.size(); ++size)
    EXPECT_FALSE(decode_payload(stored.substr(0, size), "it").has_value()) << size;
  auto unknown = stored;
  unknown[0] = 9;
  EXPECT_EQ(decode_payload(unknown, "it").error().code, error_code::corrupt_data);
}

TEST(payload_codec, reads_what_the_first_version_wrote) {
  // Marker 0, XXH3-64 of "DotMac" (little endian), the text: from a store of format 1.
  const auto stored = encode_payload("DotMac");
  const unsigned char golden[] = {0x00, 0xc9, 0x81, 0x07, 0x13, 0x10, 0xb2, 0xf2,
                                  0x74, 'D',  'o',  't',  'M',  'a',  'c'};
  EXPECT_EQ(stored, bytes(reinterpret_cast<const char*>(golden), sizeof golden));
}

TEST(payload_codec, refuses_a_frame_that_would_grow_beyond_the_limit) {
  // A frame without content that claims one byte more than the limit (RFC 8878: magic, descriptor of a single
  // segment with an 8-byte size, size, last empty raw block), behind a checksum that is right.
  bytes frame("\x28\xb5\x2f\xfd\xe0", 5);
  for (int i = 0; i < 8; ++i)
    frame.push_back(static_cast<char>((payload_bytes_max + 1) >> (8 * i)));
  frame.append("\x01\x00\x00", 3);
  auto stored = encode_payload(frame);
  stored[0] = static_cast<char>(payload_form::zstd);
  const auto refused = decode_payload(stored, "it");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, error_code::corrupt_data);
  EXPECT_NE(refused.error().message.find(std::to_string(payload_bytes_max)), bytes::npos);
}

} // namespace
} // namespace dotmac
