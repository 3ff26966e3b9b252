#pragma once
// What a response means to somebody who asked for certain bytes (RFC 9110 §14, §15).

#include "upstream/range_fetch.hpp"

namespace millrace::upstream {

/// The answer, when it is one to that question; else the failures that open_range() names. A 200 is none once
/// `partial_before`: the same file has been answered with 206.
fetch_result<range_answer> judge(located_exchange found, const wanted& bytes, std::size_t source,
                                 bool partial_before);

}  // namespace millrace::upstream
