#pragma once
// ?limit= and ?offset= of lists.

#include "api/rejection.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

namespace millrace::api {

struct page {
  std::size_t offset = 0;
  std::size_t limit = std::numeric_limits<std::size_t>::max();

  /// The part of a list that is asked for.
  template <class T>
  std::span<const T> of(std::span<const T> all) const noexcept {
    const auto begin = std::min(offset, all.size());
    return all.subspan(begin, std::min(limit, all.size() - begin));
  }
};

/// `query` as sent. Other parameters are ignored, of several the last counts; a value that is no whole number
/// from 0 on is a bad-request problem that names it.
checked<page> parse_page(std::string_view query);

}  // namespace millrace::api
