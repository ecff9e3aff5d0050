// Protobuf answers, as client-go's typed clients read them (row M18, answers).
//
// The counterpart of decode.h: the catalog's field numbers bring the JSON form of any built-in kind
// to its message. Members the catalog does not know, nulls and what has no protobuf form are left
// out; members stand in the order of their numbers, maps in that of their keys, so that equal
// objects are equal bytes. Values are taken as `conform` leaves them; one of another kind is the
// zero of its field. Thread rule: free functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "object/document.h"

namespace limen::validation::protobuf {

// The message of an object of `type`; apiVersion and kind are not part of it.
std::string encode_message(const object::Json& object, const catalog::Type& type);

// A whole body is head, message and tail: four bytes of magic and a runtime.Unknown whose raw bytes
// the message is.
std::string envelope_head(std::string_view api_version, std::string_view kind,
                          std::size_t message_bytes);
inline constexpr std::string_view kEnvelopeTail("\x1a\0\x22\0", 4);

// What stands before the bytes of a field that is a message of `message_bytes`.
std::string field_head(std::uint32_t field, std::size_t message_bytes);

// An event of a watch as its stream carries it: the length in four bytes, the highest first, then a
// meta.v1 WatchEvent whose object is `body`, a whole body.
std::string watch_frame(std::string_view type, std::string_view body);

}  // namespace limen::validation::protobuf
