#include "core/random.hpp"

#include <cerrno>
#include <random>
#include <system_error>
#include <vector>

#include <sys/random.h>

namespace millrace {

double random_unit() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> secret(bytes);
  for (std::size_t have = 0; have < bytes;) {
    const auto got = ::getrandom(secret.data() + have, bytes - have, 0);
    if (got < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    have += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto each : secret) {
    text += digits[each >> 4U];
    text += digits[each & 15U];
  }
  return text;
}

}  // namespace millrace
