#include "hls/aes_siv.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <openssl/evp.h>

#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace millrace;

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::span<const unsigned char> bytes(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

struct vector_case {
  std::string key;
  std::vector<std::string> data;
  std::string plain;
  std::string sealed;
};
std::ostream& operator<<(std::ostream& out, const vector_case& each) {
  return out << each.sealed;
}

// RFC 5297 appendix A.
const std::vector<vector_case> vectors{
    {"fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     {"101112131415161718191a1b1c1d1e1f2021222324252627"},
     "112233445566778899aabbccddee",
     "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"},
    {"7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f",
     {"00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100",
      "102030405060708090a0", "09f911029d74e35bd84156c5635688c0"},
     "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553",
     "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb094fa663b7a3f748ba8af829ea64ad5"
     "44a27"
     "2e9c485b62a3fd5c0d"},
};

/// OpenSSL's own AES-SIV.
std::string openssl_seal(const std::string& key, const std::vector<std::string>& data,
                         const std::string& plain) {
  const std::unique_ptr<EVP_CIPHER, void (*)(EVP_CIPHER*)> cipher(
      EVP_CIPHER_fetch(nullptr, key.size() == 32 ? "AES-128-SIV" : "AES-256-SIV", nullptr), EVP_CIPHER_free);
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                           EVP_CIPHER_CTX_free);
  int length = 0;
  std::string out(plain.size(), '\0');
  std::string tag(16, '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  BOOST_REQUIRE(EVP_EncryptInit_ex2(context.get(), cipher.get(), bytes(key).data(), nullptr, nullptr) == 1);
  for (const auto& each : data)
    BOOST_REQUIRE(EVP_EncryptUpdate(context.get(), nullptr, &length, bytes(each).data(),
                                    static_cast<int>(each.size())) == 1);
  BOOST_REQUIRE(EVP_EncryptUpdate(context.get(), to, &length, bytes(plain).data(),
                                  static_cast<int>(plain.size())) == 1);
  BOOST_REQUIRE(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag.data()) == 1);
  return tag + out;
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string out(size, '\0');
  for (auto& each : out)
    each = static_cast<char>(random());
  return out;
}

BOOST_AUTO_TEST_SUITE(aes_siv)

BOOST_DATA_TEST_CASE(gives_the_bytes_of_the_rfc, boost::unit_test::data::make(vectors), each) {
  const auto key = from_hex(each.key);
  hls::aes_siv siv(bytes(key));
  auto data = siv.no_data();
  for (const auto& part : each.data)
    data = siv.with(data, from_hex(part));
  // Twice: nothing of one message may reach the next.
  for (int i = 0; i < 2; ++i) {
    std::string sealed;
    siv.seal(data, from_hex(each.plain), sealed);
    BOOST_TEST((sealed == from_hex(each.sealed)));
    const auto opened = siv.open(data, sealed);
    BOOST_REQUIRE(opened);
    BOOST_TEST((*opened == from_hex(each.plain)));
  }
}

BOOST_AUTO_TEST_CASE(agrees_with_the_library) {
  std::mt19937 random(5297);
  for (const std::size_t key_size : {32U, 64U}) {
    const auto key = random_bytes(random, key_size);
    hls::aes_siv siv(bytes(key));
    for (std::size_t size = 1; size < 200; ++size) {
      std::vector<std::string> parts;
      for (auto count = random() % 3; count > 0; --count)
        parts.push_back(random_bytes(random, 1 + random() % 70));
      const auto plain = random_bytes(random, size);
      auto data = siv.no_data();
      for (const auto& part : parts)
        data = siv.with(data, part);
      std::string sealed = "before";
      siv.seal(data, plain, sealed);
      BOOST_REQUIRE((sealed == "before" + openssl_seal(key, parts, plain)));
      BOOST_REQUIRE((siv.open(data, std::string_view(sealed).substr(6)) == plain));
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_else_opens) {
  const std::string key(64, 'k');
  hls::aes_siv siv(bytes(key));
  const auto data = siv.with(siv.no_data(), "stream");
  std::string sealed;
  siv.seal(data, "what is inside", sealed);
  for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
    auto changed = sealed;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    BOOST_TEST(!siv.open(data, changed));
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    BOOST_TEST(!siv.open(data, std::string_view(sealed).substr(0, size)));
  BOOST_TEST(!siv.open(data, sealed + '\0'));
  BOOST_TEST(!siv.open(siv.no_data(), sealed));
  BOOST_TEST(!siv.open(siv.with(siv.no_data(), "Stream"), sealed));
  BOOST_TEST(!siv.open(siv.with(data, ""), sealed));
  const std::string other(64, 'K');
  hls::aes_siv foreign(bytes(other));
  BOOST_TEST(!foreign.open(foreign.with(foreign.no_data(), "stream"), sealed));
  BOOST_TEST(siv.open(data, sealed).has_value());
}

BOOST_AUTO_TEST_CASE(empty_messages_are_messages) {
  const std::string key(32, 'k');
  hls::aes_siv siv(bytes(key));
  std::string sealed;
  siv.seal(siv.no_data(), "", sealed);
  BOOST_TEST(sealed.size() == 16U);
  BOOST_TEST(siv.open(siv.no_data(), sealed).value_or("x").empty());
}

BOOST_AUTO_TEST_CASE(keys_have_a_size) {
  const std::string key(48, 'k');
  BOOST_CHECK_THROW(hls::aes_siv{bytes(key)}, std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
