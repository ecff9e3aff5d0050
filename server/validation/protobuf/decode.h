// Protobuf bodies, as client-go's typed clients send them (row M18, requests).
//
// The catalog's field numbers drive one decoder for every built-in kind; the result is the JSON
// form the rest of the server works on. Go writes plain members even when they are zero: such a
// zero is left out as Go's JSON leaves it out, unless the catalog says that it is meant. Members
// the catalog does not know are skipped. Thread rule: free functions, any thread; views borrow from
// `body`.
#pragma once

#include <string_view>

#include "catalog/catalog.h"
#include "object/document.h"
#include "validation/protobuf/wire.h"

namespace limen::validation::protobuf {

// What stands before every message: four bytes of magic and a runtime.Unknown.
struct Envelope {
  std::string_view api_version, kind;
  std::string_view raw;  // the message itself
};

// Throws WireError when `body` is none.
Envelope open_envelope(std::string_view body);

// Messages nested deeper are refused.
inline constexpr int kMaxMessageDepth = 100;

// The message as a JSON object of `type`, without apiVersion and kind. Throws WireError.
object::Json decode_message(std::string_view message, const catalog::Type& type);

// The whole body as a JSON object with apiVersion and kind. `type` describes it when its kind is
// `kind`; the message of another kind is not looked into. Throws WireError.
object::Json decode_body(std::string_view body, std::string_view kind, const catalog::Type* type);

}  // namespace limen::validation::protobuf
