// Page and Reply: documents that are the same for every client, and the answer that carries one.
//
// Discovery and OpenAPI documents are built once and shared. A Reply is what the pipeline sends: no
// request context is needed to make it. Thread rule: immutable, any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::api {

struct Page {
  std::string content_type;
  std::shared_ptr<const std::string> body;
  std::string etag;  // quoted, ready for the header; empty when the page has none
};

struct Reply {
  int status = 200;
  std::string content_type;                 // empty with a 304 or a redirect
  std::shared_ptr<const std::string> body;  // null: no body
  // ETag, Vary, Cache-Control, Location, ...; without Content-Type.
  std::vector<std::pair<std::string_view, std::string>> headers;
};

}  // namespace limen::api
