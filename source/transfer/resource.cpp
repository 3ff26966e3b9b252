#include "transfer/resource.hpp"

#include "http/content_disposition.hpp"
#include "http/media_type.hpp"

namespace millrace::transfer {

namespace {

std::string name_of(const http::response_head& head, const url& location, const std::string& given_name) {
  if (!given_name.empty()) return given_name;
  auto name = http::disposition_file_name(head.fields.get("Content-Disposition"));
  if (name.empty()) name = http::path_file_name(location.path());
  return name;
}

}  // namespace

resource describe(const http::response_head& head, const url& location, std::optional<std::uint64_t> total,
                  const std::string& given_name) {
  resource found;
  found.total = total;
  found.encoding = head.fields.get("Content-Encoding");
  if (http::equal_ignoring_case(found.encoding, "identity")) found.encoding.clear();
  found.version = {std::string(head.fields.get("ETag")), std::string(head.fields.get("Last-Modified"))};
  found.file_name = http::safe_file_name(name_of(head, location, given_name));
  found.media_type = head.fields.get("Content-Type");
  if (http::is_generic(found.media_type)) {
    auto by_name = http::type_of_extension(found.file_name);
    if (by_name.empty()) by_name = http::type_of_extension(http::path_file_name(location.path()));
    found.media_type = by_name.empty() ? std::string("application/octet-stream") : std::string(by_name);
  }
  if (!http::has_extension(found.file_name)) {
    found.file_name =
        http::safe_file_name(found.file_name + std::string(http::extension_of_type(found.media_type)));
  }
  return found;
}

http::field_list representation_fields(const resource& of) {
  http::field_list fields;
  fields.add("Content-Type", of.media_type);
  fields.add("Content-Disposition", http::format_inline_disposition(of.file_name));
  if (!of.encoding.empty()) fields.add("Content-Encoding", of.encoding);
  if (!of.version.etag.empty()) fields.add("ETag", of.version.etag);
  if (!of.version.last_modified.empty()) fields.add("Last-Modified", of.version.last_modified);
  return fields;
}

}  // namespace millrace::transfer
