#include "server_address.hpp"

#include <utility>

namespace millrace::ctl {

namespace {

std::string without_final_slashes(std::string_view text) {
  while (text.ends_with('/'))
    text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

server_address::server_address(url base)
    : base_(std::move(base)),
      prefix_(without_final_slashes(base_.path())),
      shown_(without_final_slashes(base_.redacted())) {}

std::optional<server_address> server_address::parse(std::string_view text) {
  std::string whole(text);
  if (!text.empty() && text.find("://") == std::string_view::npos) whole.insert(0, "http://");
  if (whole.find('?') != std::string::npos) return std::nullopt;
  auto base = url::parse(whole);
  if (!base) return std::nullopt;
  return server_address(std::move(*base));
}

}  // namespace millrace::ctl
