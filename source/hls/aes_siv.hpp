#pragma once
// AES-SIV (RFC 5297): deterministic authenticated encryption. OpenSSL has it, too, but its implementation
// sets up two MAC contexts for each message, which costs more than the encryption of a URL. This one computes
// the same from OpenSSL's block modes, without set-up between messages.

#include <openssl/types.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::hls {

/// Not for several threads at once: give each its own.
class aes_siv {
 public:
  using block = std::array<unsigned char, 16>;

  /// 32 or 64 bytes: half of them for the authentication, half for the encryption. Throws std::runtime_error
  /// when OpenSSL refuses.
  explicit aes_siv(std::span<const unsigned char> key);

  /// The running value of S2V (§2.4) before any associated data. It may be kept and shared by messages that
  /// begin with the same associated data.
  const block& no_data() const noexcept { return zero_mac_; }
  /// The running value with one more component of associated data.
  block with(const block& before, std::string_view data);

  /// Appends the synthetic IV and the ciphertext: 16 bytes more than `plain`.
  void seal(const block& data, std::string_view plain, std::string& out);
  /// nullopt for anything that `seal` did not make with this key and these data.
  std::optional<std::string> open(const block& data, std::string_view sealed);

 private:
  struct context_deleter {
    void operator()(EVP_CIPHER_CTX* context) const noexcept;
  };
  using context_ptr = std::unique_ptr<EVP_CIPHER_CTX, context_deleter>;

  static context_ptr make_context(const char* cipher, std::span<const unsigned char> key);
  /// CMAC (RFC 4493) of what lies in `scratch_`.
  block mac();
  block synthetic_iv(const block& data, std::string_view plain);
  /// Encrypts or decrypts in place.
  void apply_stream(const block& iv, std::span<char> text);

  context_ptr chain_;   ///< CBC, never set up again: `last_` is what it chains with
  context_ptr blocks_;  ///< ECB, for the counter mode
  block last_{};
  block whole_key_{}, padded_key_{};  ///< the subkeys of CMAC
  block zero_mac_{};
  std::vector<unsigned char> scratch_;
};

}  // namespace millrace::hls
