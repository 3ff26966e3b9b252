#include "hls/rewriter.hpp"

#include <algorithm>

namespace millrace::hls {

namespace {

class rewriting final : public uri_visitor {
 public:
  rewriting(std::string_view text, const reference_writer& write, std::span<const text_edit> edits)
      : in_(text), write_(write), edits_(edits) {
    out_.text.reserve(text.size() * 2);
  }

  void visit(const found_uri& found) override {
    if (too_large_at_ != 0) return;
    const auto begin = static_cast<std::size_t>(found.reference.data() - in_.data());
    copy_until(begin);
    write_(found, out_);
    copied_ = begin + found.reference.size();
    if (out_.text.size() > largest_rewritten) too_large_at_ = found.line + 1;
  }

  parse_result<rewritten_playlist> finish() {
    if (too_large_at_ != 0) return problem{problem_code::output_too_large, too_large_at_};
    copy_until(in_.size());
    return std::move(out_);
  }

 private:
  void copy_until(std::size_t end) {
    while (!edits_.empty() && edits_.front().begin <= end) {
      const auto& edit = edits_.front();
      out_.text.append(in_.substr(copied_, edit.begin - copied_)).append(edit.text);
      copied_ = std::size_t{edit.begin} + edit.size;
      edits_ = edits_.subspan(1);
    }
    out_.text.append(in_.substr(copied_, end - copied_));
    copied_ = end;
  }

  std::string_view in_;
  const reference_writer& write_;
  std::span<const text_edit> edits_;
  rewritten_playlist out_;
  std::size_t copied_ = 0;
  std::size_t too_large_at_ = 0;
};

}  // namespace

std::string rewritten_playlist::with_client(std::string_view client_id) const {
  const auto size = size_with(client_id.size());
  std::string out;
  out.reserve(size);
  personal_text(*this, client_id).append_next(out, size);
  return out;
}

void personal_text::append_next(std::string& out, std::size_t size) {
  const auto end = out.size() + size;
  while (next_ < of_.client_ids.size() && out.size() < end) {
    const std::size_t place = of_.client_ids[next_++];
    out.append(of_.text, copied_, place - copied_).append(client_id_);
    copied_ = place;
  }
  if (next_ < of_.client_ids.size() || out.size() >= end) return;
  const auto rest = std::min(end - out.size(), of_.text.size() - copied_);
  out.append(of_.text, copied_, rest);
  copied_ += rest;
}

parse_result<rewritten_playlist> rewrite(const playlist_source& source, const reference_writer& write,
                                         std::span<const text_edit> edits) {
  rewriting work(source.text.text(), write, edits);
  if (const auto failed = walk_uris(source, work)) return *failed;
  return work.finish();
}

}  // namespace millrace::hls
