#pragma once
// What one request does with the cache: which entry is its file's, what need not be asked for, and what an
// answer makes of it (RFC 9111 §4).

#include "upstream/block_cache.hpp"
#include "upstream/range_fetch.hpp"

namespace millrace::transfer {

/// What is kept of the file under the URL of its current source; empty when there is nothing.
upstream::cached_file find_cached(upstream::remote_file& file);

/// The request that confirms what is cached: `least` bytes where the first byte is cached, else `first` up to
/// where cached bytes begin.
upstream::wanted less_cached(upstream::wanted first, const upstream::cached_file& known,
                             byte_offset least = 1);

/// The file's entry after an answer with a total: what is cached of the same version may be used, any other
/// is dropped.
upstream::cached_file confirm_cached(upstream::remote_file& file, const upstream::range_answer& answer);

/// The file is as the cache says, without asking: the cached version is what later answers are held against.
void take_over(upstream::remote_file& file, const upstream::stored_answer& known);

/// Drops what is kept when the resource turned out to have changed.
void forget_changed(const upstream::cached_file& cached, const std::optional<failure>& cause);

}  // namespace millrace::transfer
