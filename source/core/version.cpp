#include "core/version.hpp"

namespace millrace {

std::string_view version() noexcept {
  return MILLRACE_VERSION;
}

}  // namespace millrace
