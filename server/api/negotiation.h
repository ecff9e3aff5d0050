// Content negotiation: which form a client takes and which form its body has (RFC 9110 section 12).
//
// Rules are kube-apiserver's: clauses by q value, then by how specific they are, then in the
// client's order; parameters `as`, `g`, `v` ask for a view of the object. Protobuf is served for
// what has such a form; clients that prefer it name JSON as a fallback. CBOR is not served. Thread
// rule: free functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "request/context.h"

namespace limen::api {

enum class Encoding : std::uint8_t { json, yaml, protobuf };

// What an answer shows of the objects it carries.
enum class View : std::uint8_t {
  object,        // all
  table,         // as=Table
  partial,       // as=PartialObjectMetadata
  partial_list,  // as=PartialObjectMetadataList
};

struct Output {
  Encoding encoding = Encoding::json;
  View view = View::object;
  std::string_view meta_version = "v1";  // of meta.k8s.io, for the views: v1 or v1beta1
  bool pretty = false;                   // indented, as browsers and curl get it
  std::string_view content_type() const {
    if (encoding == Encoding::protobuf) return "application/vnd.kubernetes.protobuf";
    return encoding == Encoding::yaml ? "application/yaml" : "application/json";
  }
};

// What kind of answer is being negotiated.
enum class Answer : std::uint8_t { object, list, watch };

// `protobuf` says whether what is answered has such a form (protobuf_answer.h). Throws ApiError 406
// when the client takes nothing that is served.
Output negotiate_output(std::string_view accept, Answer answer, bool protobuf);
// The same from a request, with its `pretty` parameter and User-Agent.
Output negotiate_output(const request::RequestContext& context, Answer answer, bool protobuf);

// What a 406 says is served.
std::string served_types(bool protobuf, Answer answer);

enum class BodyFormat : std::uint8_t { json, yaml, protobuf };

// The format of a body by its Content-Type; a missing one is JSON. Throws ApiError 415.
BodyFormat body_format(std::string_view content_type);

// True when the client takes gzip (Accept-Encoding).
bool accepts_gzip(std::string_view accept_encoding);

// `text` up to ';', trimmed: the media type without its parameters.
std::string_view media_type(std::string_view text);

}  // namespace limen::api
