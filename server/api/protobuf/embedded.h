// Embedded messages: members that are flat in JSON and in a message of their own in protobuf.
//
// Go embeds a struct (a Volume's VolumeSource): JSON shows its members as the outer object's own,
// protobuf wraps them. The catalog has the flat form; the numbers of the wrapped one are here.
// Static data, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "catalog/catalog.h"

namespace limen::api::protobuf {

struct Embedded;

struct EmbeddedMember {
  std::uint32_t number;
  std::string_view name;             // of the flat member
  const Embedded* nested = nullptr;  // instead of a name: one more embedded message
};

struct Embedded {
  std::span<const EmbeddedMember> members;
  // The members are numbered as those of this type; `members` is then empty.
  std::string_view numbered_like = "";
};

// The message embedded in `type` under field `number`, or null.
const Embedded* embedded_in(const catalog::Type& type, std::uint32_t number);
// The flat member an embedded message has under `number`; empty when unknown. `nested` is set
// instead when that is one more embedded message.
std::string_view embedded_member(const Embedded& embedded, std::uint32_t number,
                                 const Embedded*& nested);

}  // namespace limen::api::protobuf
